// A product (see product.wgsl) with few columns, for GPUs: the sum over k is split over the threads of a workgroup.
//
// W [N, K] when TRANSPOSED, else [K, N]; N ≤ 4 · WX. A workgroup does 8 rows and all columns: WX threads side by side
// have a vec4 of columns each, and SPLITS of these take turns with the k-quads. The partial sums meet in workgroup memory
// and are added in order, so the result is the same every time.
override WX: u32;
override SPLITS: u32;

var<workgroup> partial: array<vec4f, 8u * WX * SPLITS>;     // [row][split][column]
var<workgroup> rowSquares: array<f32, 8u * WX>;             // [row][column]

fn keep(row: u32, at: u32, sum: vec4f) { partial[row * WX * SPLITS + at] = sum; }

@compute @workgroup_size(WX, SPLITS) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let count = rowCount();
  let first = (shape.firstRows + group.x) * 8u;
  let starts = startsOf(rowsFrom(first, count - 1u));
  var c: Block;
  for (var k = local.y; k < shape.k; k += SPLITS) { add(&c, weights(k, local.x, 0u), load(starts, k)); }
  let at = local.y * WX + local.x;
  keep(0u, at, c.r0);
  keep(1u, at, c.r1);
  keep(2u, at, c.r2);
  keep(3u, at, c.r3);
  keep(4u, at, c.r4);
  keep(5u, at, c.r5);
  keep(6u, at, c.r6);
  keep(7u, at, c.r7);
  workgroupBarrier();
  // Thread (x, y) finishes column x of rows y, y + SPLITS, …
  for (var r = local.y; r < 8u; r += SPLITS) {
    var sum = vec4f();
    for (var s = 0u; s < SPLITS; s++) { sum += partial[(r * SPLITS + s) * WX + local.x]; }
    let y = select(vec4f(), shape.scale * sum, local.x < shape.n);
    rowSquares[r * WX + local.x] = dot(y, y);
    if (local.x < shape.n && first + r < count) { finish(rowAt(first + r), local.x, y); }
  }
  workgroupBarrier();
  if (at < 8u && first + at < count) {
    var squares = 0f;
    for (var x = 0u; x < WX; x++) { squares += rowSquares[at * WX + x]; }
    keepSquares(rowAt(first + at), 0u, squares);
  }
}
