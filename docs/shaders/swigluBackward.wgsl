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

// Which rows a kernel runs over: all of them, segment after segment. Runs that share a pass lie `stride` rows apart, so
// that each can be bound alone; row i of the pass is row rowAt(i) of the tensors. Per-row tables that the host writes
// (token ids, positions) have no gaps: they are read at i.
@group(0) @binding(0) var<uniform> dims: Dims;
fn rowCount() -> u32 { return dims.rows * dims.segments; }
fn rowAt(i: u32) -> u32 {
  let segment = i / dims.rows;
  return segment * dims.stride + (i - segment * dims.rows);
}

// The logistic function. Below −80 its value (under 1e-34) is held there, so that exp stays finite.
fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(min(-x, vec4f(80.0)))); }

// SiLU.
fn share(x: vec4f) -> vec4f { return sigmoid(x); }
fn timesSlope(by: vec4f, x: vec4f, s: vec4f) -> vec4f { return by * s * (1.0 + x * (1.0 - s)); }

// gate, up, gradOut [rows, F] -> gradGate, gradUp, result [rows, F], with f(x) = x · share(x):
//   gradUp = gradOut · f(gate), gradGate = gradOut · up · f′(gate), result = f(gate) · up. Overwrites all three.
// One thread does four numbers.
override F4: u32;
@group(0) @binding(1) var<storage, read> gate: array<vec4f>;
@group(0) @binding(2) var<storage, read> up: array<vec4f>;
@group(0) @binding(3) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradGate: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradUp: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / F4 >= rowCount()) { return; }
  let at = rowAt(i / F4) * F4 + i % F4;
  let g = gate[at];
  let s = share(g);
  let grad = gradOut[at];
  gradUp[at] = grad * g * s;
  let u = up[at];
  gradGate[at] = timesSlope(grad * u, g, s);
  result[at] = g * s * u;
}
