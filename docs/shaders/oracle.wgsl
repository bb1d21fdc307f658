// What a kernel must know about the pass it runs in. Bound as a uniform; written by the host before a submit.
struct Dims {
  rows: u32,           // rows of one segment (tokens of a run, or one chunk of supervised tokens)
  supervised: u32,     // supervised tokens of this micro-batch, in one segment
  lossScale: f32,      // 1 / N_sup of the whole accumulated batch
  tokens: u32,         // T: tokens of the whole accumulated batch
  segments: u32,       // runs whose rows are stacked
  stride: u32,         // rows from the start of one segment to the next
  dropoutKey: u32,     // of this micro-batch's masks; 0 = nothing is dropped
  kind: u32,           // what the pass is for: PASS_* below
  draw: u32,           // what random choices go by: the optimizer step, the evaluation's batch, or the first position
  batch: u32,          // which batch of the step it is, or is a part of
  first: u32,          // tokens of the step before it
  before: u32,         // of these, those of the same batch: a part has the masks and choices that the whole would have
  whole: u32,          // tokens of the whole batch
}
const PASS_TRAIN: u32 = 0u;
const PASS_PROBE: u32 = 1u;      // measures μ before a step: nothing is learnt from its gradients
const PASS_EVALUATE: u32 = 2u;
const PASS_DECODE: u32 = 3u;

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
