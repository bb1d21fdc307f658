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
