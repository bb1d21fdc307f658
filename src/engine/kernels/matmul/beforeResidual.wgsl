// out is a residual plus the product.
@group(0) @binding(RESIDUAL) var<storage, read> residual: array<vec4f>;
fn before(at: u32) -> vec4f { return residual[at]; }
