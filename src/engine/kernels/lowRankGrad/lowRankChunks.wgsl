// Low-rank gradients of a module: gradOut [·, dOut], z [·, rank], x [·, dIn], u [·, rank] ->
//   dB[n, r] = Σ gradOut[row, n]·z[row, r] and dA[r, n] = Σ u[row, r]·x[row, n] over the rows that `rowAt` names.
// Workgroups x share out the rows in chunks, y the tiles of dB (the first groupsB) and of dA. `put` says where a sum goes:
// into the gradients (putAlone.wgsl), or, where there may be several chunks, by their number (putChunk.wgsl).
// A thread keeps its tile in registers, two vec4 of n by R_QUADS (1 or 2) of r: what it loads per row serves them all.
// Its two vec4 of n lie half the width apart, so that neighbours read side by side.
// Where a workgroup is a quad (SHARED is 4, else 1; toldOwn.wgsl, toldQuad.wgsl), its lanes have the same r: each
// fetches the row number and z or u of one row in four and tells the others.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> z: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> u: array<vec4f>;

// Four columns (r) by two vec4 of n.
struct Sums { a: mat4x4f, b: mat4x4f }

fn add(s: ptr<function, Sums>, a: vec4f, b: vec4f, v: vec4f) {
  (*s).a = mat4x4f(fma(vec4f(v.x), a, (*s).a[0]), fma(vec4f(v.y), a, (*s).a[1]), fma(vec4f(v.z), a, (*s).a[2]), fma(vec4f(v.w), a, (*s).a[3]));
  (*s).b = mat4x4f(fma(vec4f(v.x), b, (*s).b[0]), fma(vec4f(v.y), b, (*s).b[1]), fma(vec4f(v.z), b, (*s).b[2]), fma(vec4f(v.w), b, (*s).b[3]));
}

// A 4 × 4 piece of one gradient. Software adapters run both sides of a branch, so there is one way to store for both.
fn store(isA: bool, group: u32, n: u32, r: u32, sum: mat4x4f) {
  let turned = transpose(sum);
  let at = select(4u * n * shape.rank4 + r, 4u * r * shape.ins4 + n, isA);
  let step = select(shape.rank4, shape.ins4, isA);
  put(isA, group, at, select(turned[0], sum[0], isA));
  put(isA, group, at + step, select(turned[1], sum[1], isA));
  put(isA, group, at + 2u * step, select(turned[2], sum[2], isA));
  put(isA, group, at + 3u * step, select(turned[3], sum[3], isA));
}

fn addRow(s: ptr<function, Sums>, t: ptr<function, Sums>, a: vec4f, b: vec4f, v: vec4f, w: vec4f) {
  add(s, a, b, v);
  if (R_QUADS > 1u) { add(t, a, b, w); }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let isA = group.y >= shape.groupsB;
  let wide4 = select(shape.outs4, shape.ins4, isA);
  let half = (wide4 + 1u) / 2u;
  let across = (half + SHARED - 1u) / SHARED * SHARED;
  let tile = (group.y - select(0u, shape.groupsB, isA)) * THREADS + lane;
  // A thread past an edge computes what another one does, and does not store it.
  let n = min(tile % across, half - 1u);
  let paired = n + half < wide4;
  let m = select(n, n + half, paired);
  let rank4 = shape.rank4;
  let r = min(tile / across * R_QUADS, rank4 - R_QUADS);
  let stores = tile % across < half && tile / across * R_QUADS < rank4;
  let count = rowCount();
  let chunks = chunksOf(count);
  let length = (count + chunks - 1u) / max(chunks, 1u);
  let first = group.x * length;
  let last = min(first + length, count);
  if (first >= last) { return; }
  var s: Sums;
  var t: Sums;
  // The same loop twice: WGSL cannot choose between two buffers outside of it. A software adapter runs a loop's body once
  // more than it must when the test comes first.
  var i = first;
  if (isA) {
    loop {
      let own = i + lane % SHARED;
      let row = rowAt(min(own, last - 1u));
      let v = told(select(vec4f(), u[row * rank4 + r], own < last));
      var w: mat4x4f;
      if (R_QUADS > 1u) { w = told(select(vec4f(), u[row * rank4 + r + 1u], own < last)); }
      let at = toldRows(row) * wide4;
      addRow(&s, &t, x[at.x + n], x[at.x + m], v[0], w[0]);
      if (SHARED > 1u) {
        addRow(&s, &t, x[at.y + n], x[at.y + m], v[1], w[1]);
        addRow(&s, &t, x[at.z + n], x[at.z + m], v[2], w[2]);
        addRow(&s, &t, x[at.w + n], x[at.w + m], v[3], w[3]);
      }
      continuing {
        i += SHARED;
        break if i >= last;
      }
    }
  } else {
    loop {
      let own = i + lane % SHARED;
      let row = rowAt(min(own, last - 1u));
      let v = told(select(vec4f(), z[row * rank4 + r], own < last));
      var w: mat4x4f;
      if (R_QUADS > 1u) { w = told(select(vec4f(), z[row * rank4 + r + 1u], own < last)); }
      let at = toldRows(row) * wide4;
      addRow(&s, &t, gradOut[at.x + n], gradOut[at.x + m], v[0], w[0]);
      if (SHARED > 1u) {
        addRow(&s, &t, gradOut[at.y + n], gradOut[at.y + m], v[1], w[1]);
        addRow(&s, &t, gradOut[at.z + n], gradOut[at.z + m], v[2], w[2]);
        addRow(&s, &t, gradOut[at.w + n], gradOut[at.w + m], v[3], w[3]);
      }
      continuing {
        i += SHARED;
        break if i >= last;
      }
    }
  }
  if (!stores) { return; }
  store(isA, group.x, n, r, s.a);
  if (paired) { store(isA, group.x, m, r, s.b); }
  if (R_QUADS > 1u) {
    store(isA, group.x, n, r + 1u, t.a);
    if (paired) { store(isA, group.x, m, r + 1u, t.b); }
  }
}
