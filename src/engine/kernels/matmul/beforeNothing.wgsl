// out is overwritten.
fn before(at: u32) -> vec4f { return vec4f(); }
