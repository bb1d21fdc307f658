// Low-rank gradients of a module: gradOut [·, dOut], z [·, rank], x [·, dIn], u [·, rank] ->
//   dB[n, r] = Σ gradOut[row, n]·z[row, r] and dA[r, n] = Σ u[row, r]·x[row, n] over the rows that `rowAt` names.
// Workgroups x share out the rows in chunks, y the tiles of dB (the first groupsB) and of dA. One chunk alone is
// scaled and added to the gradients; several are written to partial [chunk][dB, dA], for lowRankSum.
// A thread keeps its tile in registers, two vec4 of n by R_QUADS (1 or 2) of r: what it loads per row serves them all.
// Its two vec4 of n lie half the width apart, so that neighbours read side by side.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> z: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> u: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> partial: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gradB: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> gradA: array<vec4f>;
@group(0) @binding(8) var<uniform> shape: Shape;

// Four columns (r) by two vec4 of n.
struct Sums { a: mat4x4f, b: mat4x4f }

fn add(s: ptr<function, Sums>, a: vec4f, b: vec4f, v: vec4f) {
  (*s).a = mat4x4f(fma(vec4f(v.x), a, (*s).a[0]), fma(vec4f(v.y), a, (*s).a[1]), fma(vec4f(v.z), a, (*s).a[2]), fma(vec4f(v.w), a, (*s).a[3]));
  (*s).b = mat4x4f(fma(vec4f(v.x), b, (*s).b[0]), fma(vec4f(v.y), b, (*s).b[1]), fma(vec4f(v.z), b, (*s).b[2]), fma(vec4f(v.w), b, (*s).b[3]));
}

// One vec4 of a gradient: into it, or where several chunks wait for their sum.
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) {
  if (chunk != ALONE) {
    let lengthB = 4u * shape.outs4 * shape.rank4;
    let lengthA = 4u * shape.ins4 * shape.rank4;
    partial[chunk * (lengthB + lengthA) + select(0u, lengthB, isA) + at] = value;
  } else if (isA) {
    gradA[at] += shape.scaling * value;
  } else {
    gradB[at] += shape.scaling * value;
  }
}
const ALONE: u32 = 0xffffffffu;

fn store(isA: bool, chunk: u32, n: u32, r: u32, sum: mat4x4f) {
  if (isA) {
    for (var k = 0u; k < 4u; k++) { put(isA, chunk, (4u * r + k) * shape.ins4 + n, sum[k]); }
  } else {
    let rows = transpose(sum);
    for (var k = 0u; k < 4u; k++) { put(isA, chunk, (4u * n + k) * shape.rank4 + r, rows[k]); }
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let isA = group.y >= shape.groupsB;
  let wide4 = select(shape.outs4, shape.ins4, isA);
  let half = (wide4 + 1u) / 2u;
  let tile = (group.y - select(0u, shape.groupsB, isA)) * THREADS + lane;
  let n = tile % half;
  let r = tile / half * R_QUADS;
  let rank4 = shape.rank4;
  if (r >= rank4) { return; }
  let paired = n + half < wide4;
  let m = select(n, n + half, paired);
  let count = rowCount();
  let chunks = chunksOf(count);
  let length = (count + chunks - 1u) / max(chunks, 1u);
  let last = min((group.x + 1u) * length, count);
  var s: Sums;
  var t: Sums;
  // The same loop twice: WGSL cannot choose between two buffers outside of it.
  if (isA) {
    for (var i = group.x * length; i < last; i++) {
      let row = rowAt(i);
      let a = x[row * wide4 + n];
      let b = x[row * wide4 + m];
      add(&s, a, b, u[row * rank4 + r]);
      if (R_QUADS > 1u) { add(&t, a, b, u[row * rank4 + r + 1u]); }
    }
  } else {
    for (var i = group.x * length; i < last; i++) {
      let row = rowAt(i);
      let a = gradOut[row * wide4 + n];
      let b = gradOut[row * wide4 + m];
      add(&s, a, b, z[row * rank4 + r]);
      if (R_QUADS > 1u) { add(&t, a, b, z[row * rank4 + r + 1u]); }
    }
  }
  let chunk = select(group.x, ALONE, chunks == 1u);
  store(isA, chunk, n, r, s.a);
  if (paired) { store(isA, chunk, m, r, s.b); }
  if (R_QUADS > 1u) {
    store(isA, chunk, n, r + 1u, t.a);
    if (paired) { store(isA, chunk, m, r + 1u, t.b); }
  }
}
