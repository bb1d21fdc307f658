// Oracle gate: pairs (r bits, mu bits) of the probe -> open [rows] = mu < 0 or r = 0 in a training pass, 1 in all
// others. Overwrites. An update that is 0 hurts nobody, and while B is 0 all are: skipped, B would stay so. A thread
// does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> open: array<u32>;
@group(0) @binding(2) var<storage, read> pairs: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= dims.rows) { return; }
  var kept = true;
  if (dims.kind == PASS_TRAIN) {
    let pair = bitcast<vec2<f32>>(pairs[dims.first + id.x]);
    kept = pair.y < 0.0 || pair.x == 0.0;
  }
  open[id.x] = select(0u, 1u, kept);
}
