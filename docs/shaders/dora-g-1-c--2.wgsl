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

// S of every row, as the gate left it.
@group(0) @binding(4) var<storage, read> open: array<u32>;
fn isOpen(row: u32) -> bool { return open[row] != 0u; }

// What goes back through W0: gradOut [rows, D] -> result [rows, D] = gradOut ⊙ (1 + change) where `isOpen`, else
// gradOut. Overwrites. One thread does four numbers.
override D4: u32;
@group(0) @binding(1) var<storage, read> change: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> result: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  if (i / D4 >= rowCount()) { return; }
  let row = rowAt(i / D4);
  let at = row * D4 + i % D4;
  let g = gradOut[at];
  result[at] = select(g, g + change[i % D4] * g, isOpen(row));
}
