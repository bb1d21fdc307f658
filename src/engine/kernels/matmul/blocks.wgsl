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
