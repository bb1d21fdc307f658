// A product (see product.wgsl) from registers alone, one tile to a thread.
//
// W [N, K] when TRANSPOSED (a linear layer's weight), else [K, N] (its input gradient); N and K are multiples of 4.
// A tile is ROWS (1, 2, 4, 8 or 16) rows by COLUMNS (1, 2, 4 or 8) vec4 of columns, made of 8 × 4 blocks. No workgroup memory,
// which software adapters punish. Loads dominate there, so large tiles pay even when they spill; on a GPU they would
// not. `weights` says who loads W, and `main` which tile a thread has.

// Stores one vec4 of a row, where there is such a column; returns the sum of its squares.
fn storeQuad(row: u32, column: u32, sum: vec4f) -> f32 {
  if (column >= shape.n) { return 0; }
  let y = shape.scale * sum;
  finish(row, column, y);
  return dot(y, y);
}

// Row `row` at place `place` of a block of eight, of which `left` are rows and no repetitions.
fn storeRow(left: u32, place: u32, row: u32, column: u32, v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f, v4: vec4f, v5: vec4f, v6: vec4f, v7: vec4f) {
  if (place >= left) { return; }
  var squares = storeQuad(row, column, v0);
  if (COLUMNS > 1u) { squares += storeQuad(row, column + 1u, v1); }
  if (COLUMNS > 2u) {
    squares += storeQuad(row, column + 2u, v2);
    squares += storeQuad(row, column + 3u, v3);
  }
  if (COLUMNS > 4u) {
    squares += storeQuad(row, column + 4u, v4);
    squares += storeQuad(row, column + 5u, v5);
    squares += storeQuad(row, column + 6u, v6);
    squares += storeQuad(row, column + 7u, v7);
  }
  keepSquares(row, column / COLUMNS, squares);
}

fn storeRows(left: u32, rows: Rows, column: u32, c0: Block, c1: Block, c2: Block, c3: Block, c4: Block, c5: Block, c6: Block, c7: Block) {
  storeRow(left, 0u, rows.p0, column, c0.r0, c1.r0, c2.r0, c3.r0, c4.r0, c5.r0, c6.r0, c7.r0);
  if (ROWS == 1u) { return; }
  storeRow(left, 1u, rows.p1, column, c0.r1, c1.r1, c2.r1, c3.r1, c4.r1, c5.r1, c6.r1, c7.r1);
  if (ROWS == 2u) { return; }
  storeRow(left, 2u, rows.p2, column, c0.r2, c1.r2, c2.r2, c3.r2, c4.r2, c5.r2, c6.r2, c7.r2);
  storeRow(left, 3u, rows.p3, column, c0.r3, c1.r3, c2.r3, c3.r3, c4.r3, c5.r3, c6.r3, c7.r3);
  if (ROWS == 4u) { return; }
  storeRow(left, 4u, rows.p4, column, c0.r4, c1.r4, c2.r4, c3.r4, c4.r4, c5.r4, c6.r4, c7.r4);
  storeRow(left, 5u, rows.p5, column, c0.r5, c1.r5, c2.r5, c3.r5, c4.r5, c5.r5, c6.r5, c7.r5);
  storeRow(left, 6u, rows.p6, column, c0.r6, c1.r6, c2.r6, c3.r6, c4.r6, c5.r6, c6.r6, c7.r6);
  storeRow(left, 7u, rows.p7, column, c0.r7, c1.r7, c2.r7, c3.r7, c4.r7, c5.r7, c6.r7, c7.r7);
}

fn multiply(first: u32, column: u32, lane: u32) {
  let count = rowCount();
  let rows = rowsFrom(first, count - 1u);
  let upper = startsOf(rows);
  var lowerRows: Rows;
  var lower: Rows;
  if (ROWS > 8u) {
    lowerRows = rowsFrom(first + 8u, count - 1u);
    lower = startsOf(lowerRows);
  }
  // Columns 0 to 7 of the upper eight rows, and of the lower.
  var u0: Block; var u1: Block; var u2: Block; var u3: Block; var u4: Block; var u5: Block; var u6: Block; var u7: Block;
  var l0: Block; var l1: Block; var l2: Block; var l3: Block; var l4: Block; var l5: Block; var l6: Block; var l7: Block;
  for (var k = 0u; k < shape.k; k++) {
    let x = load(upper, k);
    var y: Block;
    if (ROWS > 8u) { y = load(lower, k); }
    let w0 = weights(k, column, lane);
    add(&u0, w0, x);
    if (ROWS > 8u) { add(&l0, w0, y); }
    if (COLUMNS > 1u) {
      let w1 = weights(k, column + 1u, lane);
      add(&u1, w1, x);
      if (ROWS > 8u) { add(&l1, w1, y); }
    }
    if (COLUMNS > 2u) {
      let w2 = weights(k, column + 2u, lane);
      add(&u2, w2, x);
      if (ROWS > 8u) { add(&l2, w2, y); }
      let w3 = weights(k, column + 3u, lane);
      add(&u3, w3, x);
      if (ROWS > 8u) { add(&l3, w3, y); }
    }
    if (COLUMNS > 4u) {
      let w4 = weights(k, column + 4u, lane);
      add(&u4, w4, x);
      if (ROWS > 8u) { add(&l4, w4, y); }
      let w5 = weights(k, column + 5u, lane);
      add(&u5, w5, x);
      if (ROWS > 8u) { add(&l5, w5, y); }
      let w6 = weights(k, column + 6u, lane);
      add(&u6, w6, x);
      if (ROWS > 8u) { add(&l6, w6, y); }
      let w7 = weights(k, column + 7u, lane);
      add(&u7, w7, x);
      if (ROWS > 8u) { add(&l7, w7, y); }
    }
  }
  storeRows(max(count, first) - first, rows, column, u0, u1, u2, u3, u4, u5, u6, u7);
  if (ROWS > 8u) { storeRows(max(count, first + 8u) - first - 8u, lowerRows, column, l0, l1, l2, l3, l4, l5, l6, l7); }
}
