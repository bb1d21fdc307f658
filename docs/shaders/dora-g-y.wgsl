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

// For columnSums.wgsl: gradOut [·, D], base [·, D] -> sums [D] += Σ gradOut ⊙ base.
@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;

fn term(row: u32, column: u32) -> vec4f {
  let at = row * D4 + column;
  return gradOut[at] * base[at];
}

// sums [D] += Σ `term(row, column)` over the rows that `rowAt` names, a vec4 of columns at a time; a kernel's snippet
// says what a term is, and binds what it reads at 1 and 2. A workgroup does X vec4 of columns. Its Y threads of a
// column share the rows and are added up in order, so the sum is the same every time.
override D4: u32;
override X: u32;
override Y: u32;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

var<workgroup> parts: array<vec4f, X * Y>;

@compute @workgroup_size(X, Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let column = (group.x + group.y * groups.x) * X + local.x;
  var sum = vec4f();
  if (column < D4) {
    for (var i = local.y; i < rowCount(); i += Y) { sum += term(rowAt(i), column); }
  }
  parts[local.y * X + local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < D4) {
    var total = vec4f();
    for (var y = 0u; y < Y; y++) { total += parts[y * X + local.x]; }
    sums[column] += total;
  }
}
