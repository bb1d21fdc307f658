// Which rows a product runs over: all of them.
@group(0) @binding(0) var<uniform> dims: Dims;
fn rowCount() -> u32 { return dims.rows; }
fn rowAt(i: u32) -> u32 { return i; }
