const ADD: bool = false;
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

// A number from numbers: every bit of the result depends on every bit that went in. TypeScript twin: dropout.ref.ts.
fn mixBits(value: u32) -> u32 {
  var v = value;
  v = (v ^ (v >> 16u)) * 0x21f0aaadu;
  v = (v ^ (v >> 15u)) * 0x735a2d97u;
  return v ^ (v >> 15u);
}

// Inverted dropout: x [·, D] -> result [·, D] = keep · x / (1 − p), or added to it when ADD, for the rows that `rowAt`
//   names. keep is 1 with probability 1 − p, for rows and for what is in them, from a hash of the pass's key, the
//   module's salt, row and column alone, so whoever asks again gets the same mask. Key 0: nothing is dropped.
// A thread does four numbers.
override D4: u32;
struct Drop {
  salt: u32,                      // of the module
  dropBelow: u32,                 // p · 2³²
  scale: f32,                     // 1 / (1 − p), and by the share of rows that stay
  rowsBelow: u32,                 // share of rows that are dropped whole · 2³²
}
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(3) var<uniform> info: Dims;
@group(0) @binding(4) var<uniform> drop: Drop;

fn hashOf(row: u32) -> u32 { return mixBits(mixBits(mixBits(info.dropoutKey) + drop.salt) + info.before + row); }

fn stays(row: u32, column: u32) -> bool { return mixBits(hashOf(row) + column) >= drop.dropBelow; }

fn rowStays(row: u32) -> bool { return mixBits(hashOf(row) ^ 0x3c6ef372u) >= drop.rowsBelow; }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let row = rowAt(i / D4);
  let column = i % D4;
  let at = row * D4 + column;
  var value = x[at];
  if (info.dropoutKey != 0u) {
    let keep = vec4<bool>(stays(row, 4u * column), stays(row, 4u * column + 1u), stays(row, 4u * column + 2u),
      stays(row, 4u * column + 3u));
    value = select(vec4f(), drop.scale * value, keep & vec4<bool>(rowStays(row)));
  }
  if (ADD) { result[at] += value; } else { result[at] = value; }
}
