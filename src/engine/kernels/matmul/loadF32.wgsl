// How a weight is read: four neighbours of one row. Other storage types bring their own loadW.
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
fn loadW(index4: u32) -> vec4f { return w[index4]; }
