// A product (see product.wgsl) through workgroup memory, for GPUs.
//
// W [N, K] when TRANSPOSED, else [K, N]. A workgroup of 128 threads covers 64 rows (x) by 64 columns (y), in steps of
// 16 k's: half of the threads fetch a 4 × 4 piece of `a` each, the other half one of W; then every thread adds 8 rows ×
// 4 columns. Both tiles lie by k, so that what a thread needs are whole vec4.
const PITCH = 17u;                                  // vec4 from one k to the next: 16 and one, against bank conflicts
var<workgroup> rowTile: array<vec4f, 16u * PITCH>;      // [k][4 rows]
var<workgroup> columnTile: array<vec4f, 16u * PITCH>;   // [k][4 columns]
var<workgroup> rowSquares: array<f32, 64u * 16u>;       // [row][4 columns]

fn rowPiece(k: u32, first: u32, last: u32) -> mat4x4f {
  if (k >= shape.k) { return mat4x4f(); }
  let at = vec4u(
    rowAt(min(first, last)), rowAt(min(first + 1u, last)), rowAt(min(first + 2u, last)),
      rowAt(min(first + 3u, last))) * shape.aStride + shape.aColumn + k;
  return transpose(mat4x4f(a[at.x], a[at.y], a[at.z], a[at.w]));
}

fn store(slot: u32, own: u32, column: u32, sum: vec4f) {
  var y = vec4f();
  if (slot < rowCount() && column < shape.n) {
    y = scaled(column, sum);
    finish(rowAt(slot), column, y);
  }
  rowSquares[own] = dot(y, y);
}

@compute @workgroup_size(128) fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let count = rowCount();
  let firstRow = (shape.firstRows + group.x) * 64u;
  let firstColumn = (shape.firstColumns + group.y) * 16u;
  // What this thread fetches: four rows or columns, four k's.
  let four = (thread % 64u) / 4u;
  let kOf = thread % 4u;
  // What it computes: rows 8 · y …, columns of vec4 x.
  let x = thread % 16u;
  let y = thread / 16u;
  var c: Block;
  for (var k = 0u; k < shape.k; k += 4u) {
    workgroupBarrier();
    if (thread < 64u) {
      let piece = rowPiece(k + kOf, firstRow + 4u * four, count - 1u);
      for (var i = 0u; i < 4u; i++) { rowTile[(4u * kOf + i) * PITCH + four] = piece[i]; }
    } else {
      var piece = mat4x4f();
      if (k + kOf < shape.k) { piece = weights(k + kOf, firstColumn + four); }
      for (var i = 0u; i < 4u; i++) { columnTile[(4u * kOf + i) * PITCH + four] = piece[i]; }
    }
    workgroupBarrier();
    for (var i = 0u; i < 16u; i++) {
      let w = columnTile[i * PITCH + x];
      let upper = rowTile[i * PITCH + 2u * y];
      let lower = rowTile[i * PITCH + 2u * y + 1u];
      c.r0 += upper.x * w;
      c.r1 += upper.y * w;
      c.r2 += upper.z * w;
      c.r3 += upper.w * w;
      c.r4 += lower.x * w;
      c.r5 += lower.y * w;
      c.r6 += lower.z * w;
      c.r7 += lower.w * w;
    }
  }
  let slot = firstRow + 8u * y;
  let own = 8u * y * 16u + x;
  store(slot, own, firstColumn + x, c.r0);
  store(slot + 1u, own + 16u, firstColumn + x, c.r1);
  store(slot + 2u, own + 32u, firstColumn + x, c.r2);
  store(slot + 3u, own + 48u, firstColumn + x, c.r3);
  store(slot + 4u, own + 64u, firstColumn + x, c.r4);
  store(slot + 5u, own + 80u, firstColumn + x, c.r5);
  store(slot + 6u, own + 96u, firstColumn + x, c.r6);
  store(slot + 7u, own + 112u, firstColumn + x, c.r7);
  workgroupBarrier();
  if (thread < 64u && firstRow + thread < count) {
    var squares = 0f;
    for (var i = 0u; i < 16u; i++) { squares += rowSquares[thread * 16u + i]; }
    storeRowNorm(rowAt(firstRow + thread), shape.firstColumns + group.y, squares);
  }
}
