// Every thread loads all four columns of a step by itself.
const SHARED = false;
fn broadcast(x: vec4f) -> mat4x4f { return mat4x4f(x, x, x, x); }  // never called
