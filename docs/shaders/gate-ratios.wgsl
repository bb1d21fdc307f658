const RATIO_AT: u32 = 2u;
const SHAPE_AT: u32 = 5u;
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

// What the gate must know about its module.
struct Shape {
  rank4: u32,                     // rank / 4
  parts: u32,                     // partial sums of y² per row
  scaling: f32,                   // s = alpha / rank
  record: u32,                    // 1 = add to the statistics
  tileRows: u32,                  // of a workgroup of the products over open rows
}
@group(0) @binding(SHAPE_AT) var<uniform> shape: Shape;

// r of a row: z [rows, rank], gram [rank, rank] = BᵀB, squares [rows, parts] = partial sums of y² ->
//   sqrt(s² zᵀGz) / (‖y‖₂ + 1e-6). Nothing as wide as the module's output is read.
@group(0) @binding(RATIO_AT) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 1) var<storage, read> gram: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 2) var<storage, read> squares: array<f32>;

fn ratioOf(row: u32) -> f32 {
  let rank4 = shape.rank4;
  // G is symmetric: blocks of 4 × 4 below its diagonal stand for those above.
  var delta2 = 0.0;
  for (var i = 0u; i < rank4; i++) {
    let zi = z[row * rank4 + i];
    for (var j = 0u; j <= i; j++) {
      let at = 4u * i * rank4 + j;
      let gz = transpose(mat4x4<f32>(gram[at], gram[at + rank4], gram[at + 2u * rank4], gram[at + 3u * rank4])) *
        z[row * rank4 + j];
      delta2 += select(2.0, 1.0, i == j) * dot(zi, gz);
    }
  }
  // Rounding may leave a tiny negative; -0 must not reach the histogram either.
  let delta = select(0.0, shape.scaling * sqrt(delta2), delta2 > 0.0);
  var y2 = 0.0;
  for (var p = 0u; p < shape.parts; p++) { y2 += squares[row * shape.parts + p]; }
  return delta / (sqrt(y2) + 1e-6);
}

// r of every row by `ratioOf` -> ratio [rows]. Overwrites. A thread does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> ratio: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < dims.rows) { ratio[id.x] = ratioOf(id.x); }
}
