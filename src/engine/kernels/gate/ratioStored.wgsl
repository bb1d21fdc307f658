// r of one row (AT_ONCE is 1) where an earlier dispatch has computed it.
fn ratiosFrom(first: u32, last: u32) -> vec4<f32> { return vec4<f32>(ratio[first]); }
