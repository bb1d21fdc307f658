// Every thread fetches for itself.
const SHARED: u32 = 1u;
fn told(own: vec4f) -> mat4x4f { return mat4x4f(own, vec4f(), vec4f(), vec4f()); }
fn toldRows(own: u32) -> vec4u { return vec4u(own, 0u, 0u, 0u); }
