// out[row, n] (+)= scale · Σ_k a[row, k] · W(n, k)      for the rows that `rowAt` names
//
// a   [*, K]   W [N, K] when TRANSPOSED (a linear layer's weight), else [K, N] (its input gradient)
// out [*, N]   overwritten, or added to when ACCUMULATE
// K and N are multiples of 4. A thread keeps its tile in registers: 8 rows (16 when TALL) by COLUMNS (1, 2 or 4) vec4
// of columns, made of 8 × 4 blocks; no workgroup memory, which software adapters punish. Loads dominate there, so large
// tiles pay even when they spill; on a GPU they would not. A workgroup covers WY tiles of rows (x) and WX tiles of
// columns (y).
// The sizes are a uniform and not constants, so that the many shapes of a model share few pipelines.
override WX: u32;
override WY: u32;

struct Shape { n: u32, k: u32, scale: f32, unused: u32 }
@group(0) @binding(4) var<uniform> shape: Shape;

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

// Eight rows by four columns.
struct Block { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }
// Where eight rows of `a` begin.
struct Rows { p0: u32, p1: u32, p2: u32, p3: u32, p4: u32, p5: u32, p6: u32, p7: u32 }

fn rowsFrom(first: u32, last: u32) -> Rows {
  let k4 = shape.k / 4u;
  return Rows(
    rowAt(min(first, last)) * k4, rowAt(min(first + 1u, last)) * k4, rowAt(min(first + 2u, last)) * k4, rowAt(min(first + 3u, last)) * k4,
    rowAt(min(first + 4u, last)) * k4, rowAt(min(first + 5u, last)) * k4, rowAt(min(first + 6u, last)) * k4, rowAt(min(first + 7u, last)) * k4);
}

fn load(rows: Rows, k: u32) -> Block {
  return Block(a[rows.p0 + k], a[rows.p1 + k], a[rows.p2 + k], a[rows.p3 + k], a[rows.p4 + k], a[rows.p5 + k], a[rows.p6 + k], a[rows.p7 + k]);
}

// The 4 × 4 piece of W at four k's and the columns of vec4 `column`: piece · a adds one k-quad of all four outputs.
fn weights(k: u32, column: u32) -> mat4x4f {
  if (TRANSPOSED) {
    let k4 = shape.k / 4u;
    let at = column * 4u * k4 + k;
    return transpose(mat4x4f(loadW(at), loadW(at + k4), loadW(at + 2u * k4), loadW(at + 3u * k4)));
  }
  let n4 = shape.n / 4u;
  let at = k * 4u * n4 + column;
  return mat4x4f(loadW(at), loadW(at + n4), loadW(at + 2u * n4), loadW(at + 3u * n4));
}

fn add(c: ptr<function, Block>, w: mat4x4f, x: Block) {
  (*c).r0 += w * x.r0;
  (*c).r1 += w * x.r1;
  (*c).r2 += w * x.r2;
  (*c).r3 += w * x.r3;
  (*c).r4 += w * x.r4;
  (*c).r5 += w * x.r5;
  (*c).r6 += w * x.r6;
  (*c).r7 += w * x.r7;
}

fn store(slot: u32, count: u32, column: u32, value: vec4f) {
  if (slot >= count) { return; }
  let at = rowAt(slot) * (shape.n / 4u) + column;
  if (ACCUMULATE) { out[at] += shape.scale * value; } else { out[at] = shape.scale * value; }
}

fn storeBlock(first: u32, count: u32, column: u32, c: Block) {
  store(first, count, column, c.r0);
  store(first + 1u, count, column, c.r1);
  store(first + 2u, count, column, c.r2);
  store(first + 3u, count, column, c.r3);
  store(first + 4u, count, column, c.r4);
  store(first + 5u, count, column, c.r5);
  store(first + 6u, count, column, c.r6);
  store(first + 7u, count, column, c.r7);
}

fn storeTile(first: u32, count: u32, column: u32, c0: Block, c1: Block, c2: Block, c3: Block) {
  storeBlock(first, count, column, c0);
  if (COLUMNS > 1u) { storeBlock(first, count, column + 1u, c1); }
  if (COLUMNS > 2u) {
    storeBlock(first, count, column + 2u, c2);
    storeBlock(first, count, column + 3u, c3);
  }
}

@compute @workgroup_size(WX, WY) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let count = rowCount();
  let column = (group.y * WX + local.x) * COLUMNS;
  let first = (group.x * WY + local.y) * select(8u, 16u, TALL);
  if (column >= shape.n / 4u || first >= count) { return; }
  let upper = rowsFrom(first, count - 1u);
  var lower: Rows;
  if (TALL) { lower = rowsFrom(first + 8u, count - 1u); }
  var c00: Block; var c01: Block; var c02: Block; var c03: Block;
  var c10: Block; var c11: Block; var c12: Block; var c13: Block;
  for (var k = 0u; k < shape.k / 4u; k++) {
    let x0 = load(upper, k);
    var x1: Block;
    if (TALL) { x1 = load(lower, k); }
    let w0 = weights(k, column);
    add(&c00, w0, x0);
    if (TALL) { add(&c10, w0, x1); }
    if (COLUMNS > 1u) {
      let w1 = weights(k, column + 1u);
      add(&c01, w1, x0);
      if (TALL) { add(&c11, w1, x1); }
    }
    if (COLUMNS > 2u) {
      let w2 = weights(k, column + 2u);
      add(&c02, w2, x0);
      if (TALL) { add(&c12, w2, x1); }
      let w3 = weights(k, column + 3u);
      add(&c03, w3, x0);
      if (TALL) { add(&c13, w3, x1); }
    }
  }
  storeTile(first, count, column, c00, c01, c02, c03);
  if (TALL) { storeTile(first + 8u, count, column, c10, c11, c12, c13); }
}
