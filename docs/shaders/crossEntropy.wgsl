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

// Sum and maximum over the WIDTH threads of a workgroup (a power of two), in a fixed order. All threads must
// call them, in uniform control flow; all get the result.
override WIDTH: u32 = 64u;
var<workgroup> lanes: array<f32, WIDTH>;

fn rowSum(value: f32, lane: u32) -> f32 {
  lanes[lane] = value;
  for (var half = WIDTH / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { lanes[lane] += lanes[lane + half]; }
  }
  return workgroupUniformLoad(&lanes[0]);
}

fn rowMax(value: f32, lane: u32) -> f32 {
  lanes[lane] = value;
  for (var half = WIDTH / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { lanes[lane] = max(lanes[lane], lanes[lane + half]); }
  }
  return workgroupUniformLoad(&lanes[0]);
}

// Scores as they are.
fn capped(x: vec4f) -> vec4f { return x; }
fn slopeAt(y: vec4f) -> vec4f { return vec4f(1); }

// logits [rows, S], targets [rows] -> loss [rows]: loss = log Σ exp(logits) − logits[target] over the first VOCAB
// columns, in nats. With GRADIENT the logits are overwritten by (softmax − onehot(target)) · dims.lossScale, zero
// from column VOCAB on, and by slopeAt(logits): the gradient before a cap. The loss of a target that is not below VOCAB
// is NaN. One workgroup of WIDTH threads does one row; the sum is carried beside its running maximum (Milakov 2018).
override VOCAB: u32;
override S4: u32;  // S / 4
override GRADIENT: bool;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

const NONE = -1e30;  // below any logit; exp of it is 0

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= dims.rows) { return; }
  let start = row * S4;
  let label = targets[row];
  let near = min(label, VOCAB - 1u);
  let labelLogit = logits[start + near / 4u][near % 4u];

  var top = NONE;
  var sum = 0.0;  // Σ exp(logit − top) over this thread's columns
  for (var i = lane; i * 4u < VOCAB; i += WIDTH) {
    let column = vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u);
    let x = select(vec4f(NONE), logits[start + i], column < vec4u(VOCAB));
    let high = max(max(max(x.x, x.y), max(x.z, x.w)), top);
    sum = sum * exp(top - high) + dot(exp(x - high), vec4f(1));
    top = high;
  }
  let rowTop = rowMax(top, lane);
  let logSum = log(rowSum(sum * exp(top - rowTop), lane));
  // A NaN that no compiler knows beforehand.
  if (lane == 0u) {
    loss[row] = select(bitcast<f32>(label | 0x7fc00000u), logSum + (rowTop - labelLogit), label < VOCAB);
  }

  if (GRADIENT) {
    storageBarrier();  // no thread overwrites the label's logit before all have read it
    for (var i = lane; i < S4; i += WIDTH) {
      let column = vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u);
      let y = logits[start + i];
      let p = exp((y - rowTop) - logSum) - select(vec4f(0), vec4f(1), column == vec4u(label));
      logits[start + i] = select(vec4f(0), p * dims.lossScale * slopeAt(y), column < vec4u(VOCAB));
    }
  }
}
