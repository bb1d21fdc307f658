// What the four lanes of a quad have fetched, one after the other.
const SHARED: u32 = 4u;
fn told(own: vec4f) -> mat4x4f { return mat4x4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u)); }
fn toldRows(own: u32) -> vec4u { return vec4u(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u)); }
