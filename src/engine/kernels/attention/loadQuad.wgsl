// The four threads of a team are a quad of a subgroup: each loads one column of a step and hands it to the others. Needs
// `enable subgroups` and LANES = 4. The whole team runs the same steps, but from values that the compiler cannot know to
// be uniform.
const SHARED = true;
@diagnostic(off, subgroup_uniformity)
fn broadcast(x: vec4f) -> mat4x4f {
  return mat4x4f(quadBroadcast(x, 0u), quadBroadcast(x, 1u), quadBroadcast(x, 2u), quadBroadcast(x, 3u));
}
