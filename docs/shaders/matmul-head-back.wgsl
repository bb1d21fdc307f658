enable f16;
const TRANSPOSED: bool = false;
const ROWS: u32 = 8u;
const RESIDUAL: u32 = 4u;
const SQUARES: u32 = 4u;
const SHAPE: u32 = 4u;
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

// Weights as f16, for adapters with shader-f16 (the composer puts enable f16; first); arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec4<f16>>;
fn loadW(index4: u32) -> vec4f { return vec4f(w[index4]); }

// The part of every product kernel that does not depend on how it is cut: sizes, operands and the epilogue.
//
//   y[row, n] = scale · Σ_k a[row, k] · W(n, k)         for the rows that `rowAt` names (`scaled`: plus a bias[n])
//   out[row, n] = before[row, n] + y[row, n]            before: nothing, out itself or a residual (`before` snippets)
//   squares[row, part] = Σ y² over a part's columns     only where asked for (`squares` snippets)
//
// Row `row` of a begins at row · aStride + aColumn, of out and residual at row · outStride + outColumn; W lies dense.
// All sizes are in vec4. They are a uniform and not constants, so that the many shapes of a model share few pipelines.
struct Shape {
  n: u32, k: u32, scale: f32,
  parts: u32,                             // of a row's squares
  firstRows: u32, firstColumns: u32,      // the workgroup this dispatch begins at, where a product is split
  aStride: u32, aColumn: u32, outStride: u32, outColumn: u32,
  unused0: u32, unused1: u32,
}
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(SHAPE) var<uniform> shape: Shape;

fn finish(row: u32, column: u32, y: vec4f) {
  let at = row * shape.outStride + shape.outColumn + column;
  out[at] = before(at) + y;
}

// What a sum becomes: y.
fn scaled(column: u32, sum: vec4f) -> vec4f { return shape.scale * sum; }

// out is overwritten.
fn before(at: u32) -> vec4f { return vec4f(); }

// Nobody asked for the squares; the compiler drops their sums.
fn storeRowNorm(row: u32, part: u32, sum: f32) {}

// Register blocks that the variants are made of: eight rows by one vec4 of columns, of which smaller tiles (ROWS is 1,
// 2 or 4) use the first. Written out, because loops over arrays of vec4 run at half the speed on a software adapter.
struct Block { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }
// Eight rows of the tensors, by number; or where they begin in `a`.
struct Rows { p0: u32, p1: u32, p2: u32, p3: u32, p4: u32, p5: u32, p6: u32, p7: u32 }

// Slots past `last` repeat it: they cost nothing extra, and nobody stores what comes of them.
fn rowsFrom(first: u32, last: u32) -> Rows {
  if (ROWS == 1u) { return Rows(rowAt(min(first, last)), 0u, 0u, 0u, 0u, 0u, 0u, 0u); }
  if (ROWS == 2u) { return Rows(rowAt(min(first, last)), rowAt(min(first + 1u, last)), 0u, 0u, 0u, 0u, 0u, 0u); }
  if (ROWS == 4u) {
    return Rows(rowAt(min(first, last)), rowAt(min(first + 1u, last)), rowAt(min(first + 2u, last)),
      rowAt(min(first + 3u, last)), 0u, 0u, 0u, 0u);
  }
  return Rows(
    rowAt(min(first, last)), rowAt(min(first + 1u, last)), rowAt(min(first + 2u, last)), rowAt(min(first + 3u, last)),
    rowAt(min(first + 4u, last)), rowAt(min(first + 5u, last)), rowAt(min(first + 6u, last)),
      rowAt(min(first + 7u, last)));
}

fn startOf(row: u32) -> u32 { return row * shape.aStride + shape.aColumn; }

fn startsOf(r: Rows) -> Rows {
  return Rows(startOf(r.p0), startOf(r.p1), startOf(r.p2), startOf(r.p3), startOf(r.p4), startOf(r.p5), startOf(r.p6),
    startOf(r.p7));
}

fn load(starts: Rows, k: u32) -> Block {
  if (ROWS == 1u) { return Block(a[starts.p0 + k], vec4f(), vec4f(), vec4f(), vec4f(), vec4f(), vec4f(), vec4f()); }
  if (ROWS == 2u) {
    return Block(a[starts.p0 + k], a[starts.p1 + k], vec4f(), vec4f(), vec4f(), vec4f(), vec4f(), vec4f());
  }
  if (ROWS == 4u) {
    return Block(a[starts.p0 + k], a[starts.p1 + k], a[starts.p2 + k], a[starts.p3 + k], vec4f(), vec4f(), vec4f(),
      vec4f());
  }
  return Block(a[starts.p0 + k], a[starts.p1 + k], a[starts.p2 + k], a[starts.p3 + k], a[starts.p4 + k],
    a[starts.p5 + k], a[starts.p6 + k], a[starts.p7 + k]);
}

// One k-quad of a block: w is the 4 × 4 piece of W for these k's and columns.
fn add(c: ptr<function, Block>, w: mat4x4f, x: Block) {
  (*c).r0 += w * x.r0;
  if (ROWS > 1u) { (*c).r1 += w * x.r1; }
  if (ROWS > 2u) {
    (*c).r2 += w * x.r2;
    (*c).r3 += w * x.r3;
  }
  if (ROWS > 4u) {
    (*c).r4 += w * x.r4;
    (*c).r5 += w * x.r5;
    (*c).r6 += w * x.r6;
    (*c).r7 += w * x.r7;
  }
}

// The 4 × 4 piece of W at k-quad `k` and the columns of vec4 `column`: piece · a adds that quad to all four outputs.
fn weights(k: u32, column: u32) -> mat4x4f {
  let inside = min(column, shape.n - 1u);
  if (TRANSPOSED) {
    let at = inside * 4u * shape.k + k;
    return transpose(mat4x4f(loadW(at), loadW(at + shape.k), loadW(at + 2u * shape.k), loadW(at + 3u * shape.k)));
  }
  let at = k * 4u * shape.n + inside;
  return mat4x4f(loadW(at), loadW(at + shape.n), loadW(at + 2u * shape.n), loadW(at + 3u * shape.n));
}

// A product (see product.wgsl) with few columns or few rows, for GPUs: the sum over k is split over the threads of a
// workgroup.
//
// W [N, K] when TRANSPOSED, else [K, N]. A workgroup does ROWS (1, 2, 4 or 8) rows and 4 · WX columns: WX threads side
// by side have a vec4 of columns each, and SPLITS of these take turns with the k-quads. The partial sums meet in
// workgroup memory and are added in order, so the result is the same every time.
override WX: u32;
override SPLITS: u32;

var<workgroup> partial: array<vec4f, ROWS * WX * SPLITS>;     // [row][split][column]
var<workgroup> rowSquares: array<f32, ROWS * WX>;             // [row][column]

fn keep(row: u32, at: u32, sum: vec4f) { partial[row * WX * SPLITS + at] = sum; }

@compute @workgroup_size(WX, SPLITS) fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let count = rowCount();
  let first = (shape.firstRows + group.x) * ROWS;
  let part = shape.firstColumns + group.y;
  let column = part * WX + local.x;
  let starts = startsOf(rowsFrom(first, count - 1u));
  var c: Block;
  for (var k = local.y; k < shape.k; k += SPLITS) { add(&c, weights(k, column), load(starts, k)); }
  let at = local.y * WX + local.x;
  keep(0u, at, c.r0);
  if (ROWS > 1u) { keep(1u, at, c.r1); }
  if (ROWS > 2u) {
    keep(2u, at, c.r2);
    keep(3u, at, c.r3);
  }
  if (ROWS > 4u) {
    keep(4u, at, c.r4);
    keep(5u, at, c.r5);
    keep(6u, at, c.r6);
    keep(7u, at, c.r7);
  }
  workgroupBarrier();
  // Thread (x, y) finishes column x of rows y, y + SPLITS, …
  for (var r = local.y; r < ROWS; r += SPLITS) {
    var sum = vec4f();
    for (var s = 0u; s < SPLITS; s++) { sum += partial[(r * SPLITS + s) * WX + local.x]; }
    let y = select(vec4f(), scaled(column, sum), column < shape.n);
    rowSquares[r * WX + local.x] = dot(y, y);
    if (column < shape.n && first + r < count) { finish(rowAt(first + r), column, y); }
  }
  workgroupBarrier();
  if (at < ROWS && first + at < count) {
    var squares = 0f;
    for (var x = 0u; x < WX; x++) { squares += rowSquares[at * WX + x]; }
    storeRowNorm(rowAt(first + at), part, squares);
  }
}
