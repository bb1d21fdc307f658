// The frame of the plain kernels: OWN threads a row, each calls work(its number in the pass).
override SCALE: f32;
override THREADS: u32;
const SHARE = HEADS / KV_HEADS;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(PART) var<uniform> part: vec4u;               // .x: workgroups in earlier dispatches of a split pass

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (part.x + group.x) * THREADS + lane;
  if (i < rowCount() * OWN) { work(i); }
}
