// x [LENGTH] (f32, read as bits) -> flag [1]: flag = min(flag, smallest index of a NaN or an infinity in x).
// Looks at the exponent, since a compiler may take it that floats are finite. Threads stride over x.
override LENGTH: u32;
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> flag: atomic<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < LENGTH; i += groups.x * 64u) {
    if ((x[i] & 0x7f800000u) == 0x7f800000u) {
      atomicMin(&flag, i);
      return;
    }
  }
}
