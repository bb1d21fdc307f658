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

// Into how many chunks the rows of a low-rank gradient are cut; the chunks are equally long. TypeScript twin: chunks.ts.
const CHUNK_ROWS: u32 = 32u;
const MAX_CHUNKS: u32 = 16u;
fn chunksOf(rows: u32) -> u32 { return min((rows + CHUNK_ROWS - 1u) / CHUNK_ROWS, MAX_CHUNKS); }

// Sizes of a module's two low-rank gradients: dB [4 · outs4, rank] and dA [rank, 4 · ins4].
struct Shape {
  outs4: u32,                     // dOut / 4
  ins4: u32,                      // dIn / 4
  rank4: u32,                     // rank / 4
  scaling: f32,                   // alpha / rank
  groupsB: u32,                   // workgroups of a chunk that make dB; the rest make dA
  firstA: u32,                    // where the gradients begin in what is bound of their buffer, in vec4
  firstB: u32,
}

// One chunk has all rows: scaled and added to grads, in which dB begins at vec4 firstB and dA at firstA.
@group(0) @binding(5) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) { grads[select(shape.firstB, shape.firstA, isA) + at] += shape.scaling * value; }

// Low-rank gradients of a module: gradOut [·, dOut], z [·, rank], x [·, dIn], u [·, rank] ->
//   dB[n, r] = Σ gradOut[row, n]·z[row, r] and dA[r, n] = Σ u[row, r]·x[row, n] over the rows that `rowAt` names.
// Workgroups x share out the rows in chunks, y the tiles of dB (the first groupsB) and of dA. `put` says where a sum
// goes: into the gradients (putAlone), or, where there may be several chunks, by their number (putChunk.wgsl). A thread
// keeps its tile in registers, two vec4 of n by one of r: what it loads per row serves them all. Its two vec4 of n lie
// half the width apart, so that neighbours read side by side.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> z: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> u: array<vec4f>;

// Four columns (r) by two vec4 of n.
struct Sums { a: mat4x4f, b: mat4x4f }

fn add(s: ptr<function, Sums>, a: vec4f, b: vec4f, v: vec4f) {
  (*s).a = mat4x4f(fma(vec4f(v.x), a, (*s).a[0]), fma(vec4f(v.y), a, (*s).a[1]), fma(vec4f(v.z), a, (*s).a[2]),
    fma(vec4f(v.w), a, (*s).a[3]));
  (*s).b = mat4x4f(fma(vec4f(v.x), b, (*s).b[0]), fma(vec4f(v.y), b, (*s).b[1]), fma(vec4f(v.z), b, (*s).b[2]),
    fma(vec4f(v.w), b, (*s).b[3]));
}

// A 4 × 4 piece of one gradient.
fn store(isA: bool, group: u32, n: u32, r: u32, sum: mat4x4f) {
  let turned = transpose(sum);
  let at = select(4u * n * shape.rank4 + r, 4u * r * shape.ins4 + n, isA);
  let step = select(shape.rank4, shape.ins4, isA);
  put(isA, group, at, select(turned[0], sum[0], isA));
  put(isA, group, at + step, select(turned[1], sum[1], isA));
  put(isA, group, at + 2u * step, select(turned[2], sum[2], isA));
  put(isA, group, at + 3u * step, select(turned[3], sum[3], isA));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let isA = group.y >= shape.groupsB;
  let wide4 = select(shape.outs4, shape.ins4, isA);
  let half = (wide4 + 1u) / 2u;
  let tile = (group.y - select(0u, shape.groupsB, isA)) * THREADS + lane;
  let n = tile % half;
  let r = tile / half;
  let paired = n + half < wide4;
  let m = select(n, n + half, paired);
  let rank4 = shape.rank4;
  let count = rowCount();
  let chunks = chunksOf(count);
  let length = (count + chunks - 1u) / max(chunks, 1u);
  let first = group.x * length;
  let last = min(first + length, count);
  // Past the last piece or the last chunk there is nothing to do.
  if (r >= rank4 || group.x >= chunks) { return; }
  var s: Sums;
  // The same loop twice: WGSL cannot choose between two buffers outside of it.
  if (isA) {
    for (var i = first; i < last; i++) {
      let row = rowAt(i);
      let at = row * wide4;
      add(&s, x[at + n], x[at + m], u[row * rank4 + r]);
    }
  } else {
    for (var i = first; i < last; i++) {
      let row = rowAt(i);
      let at = row * wide4;
      add(&s, gradOut[at + n], gradOut[at + m], z[row * rank4 + r]);
    }
  }
  store(isA, group.x, n, r, s.a);
  if (paired) { store(isA, group.x, m, r, s.b); }
}
