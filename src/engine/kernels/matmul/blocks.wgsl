// Register blocks that the variants are made of: eight rows by one vec4 of columns. Written out, because loops over
// arrays of vec4 run at half the speed on a software adapter.
struct Block { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }
// Where eight rows of `a` begin.
struct Rows { p0: u32, p1: u32, p2: u32, p3: u32, p4: u32, p5: u32, p6: u32, p7: u32 }

fn startOf(slot: u32, last: u32) -> u32 { return rowAt(min(slot, last)) * shape.aStride + shape.aColumn; }

// Slots past `last` repeat it: they cost nothing extra, and nobody stores what comes of them.
fn rowsFrom(first: u32, last: u32) -> Rows {
  return Rows(
    startOf(first, last), startOf(first + 1u, last), startOf(first + 2u, last), startOf(first + 3u, last),
    startOf(first + 4u, last), startOf(first + 5u, last), startOf(first + 6u, last), startOf(first + 7u, last));
}

fn load(rows: Rows, k: u32) -> Block {
  return Block(a[rows.p0 + k], a[rows.p1 + k], a[rows.p2 + k], a[rows.p3 + k], a[rows.p4 + k], a[rows.p5 + k], a[rows.p6 + k], a[rows.p7 + k]);
}

// One k-quad of a block: w is the 4 × 4 piece of W for these k's and columns.
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
