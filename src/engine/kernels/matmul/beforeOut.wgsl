// The product is added to out.
fn before(at: u32) -> vec4f { return out[at]; }
