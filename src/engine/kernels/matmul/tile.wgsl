// A product (see product.wgsl) from registers alone, one tile to a thread.
//
// W [N, K] when TRANSPOSED (a linear layer's weight), else [K, N] (its input gradient); N and K are multiples of 4.
// A tile is 8 rows by COLUMNS (1 or 2) vec4 of columns. A workgroup covers WY tiles of rows (x) and WX tiles of columns
// (y). No workgroup memory and no barrier: past the last row a workgroup has nothing to do.
override WX: u32;
override WY: u32;

// Stores one vec4 of a row, where there is such a column; returns the sum of its squares.
fn storeQuad(row: u32, column: u32, sum: vec4f) -> f32 {
  if (column >= shape.n) { return 0; }
  let y = scaled(column, sum);
  finish(row, column, y);
  return dot(y, y);
}

// Row `row` at place `place` of the tile, of which `left` are rows and no repetitions.
fn storeRow(left: u32, place: u32, row: u32, column: u32, v0: vec4f, v1: vec4f) {
  if (place >= left) { return; }
  var squares = storeQuad(row, column, v0);
  if (COLUMNS > 1u) { squares += storeQuad(row, column + 1u, v1); }
  storeRowNorm(row, column / COLUMNS, squares);
}

@compute @workgroup_size(WX, WY) fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let column = ((shape.firstColumns + group.y) * WX + local.x) * COLUMNS;
  let first = ((shape.firstRows + group.x) * WY + local.y) * ROWS;
  let count = rowCount();
  if (column >= shape.n || first >= count) { return; }
  let rows = rowsFrom(first, count - 1u);
  let starts = startsOf(rows);
  var c0: Block;
  var c1: Block;
  for (var k = 0u; k < shape.k; k++) {
    let x = load(starts, k);
    add(&c0, weights(k, column), x);
    if (COLUMNS > 1u) { add(&c1, weights(k, column + 1u), x); }
  }
  let left = count - first;
  storeRow(left, 0u, rows.p0, column, c0.r0, c1.r0);
  storeRow(left, 1u, rows.p1, column, c0.r1, c1.r1);
  storeRow(left, 2u, rows.p2, column, c0.r2, c1.r2);
  storeRow(left, 3u, rows.p3, column, c0.r3, c1.r3);
  storeRow(left, 4u, rows.p4, column, c0.r4, c1.r4);
  storeRow(left, 5u, rows.p5, column, c0.r5, c1.r5);
  storeRow(left, 6u, rows.p6, column, c0.r6, c1.r6);
  storeRow(left, 7u, rows.p7, column, c0.r7, c1.r7);
}
