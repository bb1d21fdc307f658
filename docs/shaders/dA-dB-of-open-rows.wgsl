// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }

// Into how many chunks the rows of a low-rank gradient are cut; the chunks are equally long. TypeScript twin: chunks.ts.
const CHUNK_ROWS: u32 = 32u;
const MAX_CHUNKS: u32 = 16u;
fn chunksOf(rows: u32) -> u32 { return min((rows + CHUNK_ROWS - 1u) / CHUNK_ROWS, MAX_CHUNKS); }

// Sizes of a module's two low-rank gradients: dB [4 · outs4, rank] and dA [rank, 4 · ins4].
struct Shape {
  outs4: u32,                     // dOut / 4
  ins4: u32,                      // dIn / 4
  rank4: u32,                     // rank / 4
  scaling: f32,                   // alpha / rank
  groupsB: u32,                   // workgroups of a chunk that make dB; the rest make dA
  firstA: u32,                    // where the gradients begin in what is bound of their buffer, in vec4
  firstB: u32,
}

// One chunk has all rows: scaled and added to grads, in which dB begins at vec4 firstB and dA at firstA.
@group(0) @binding(5) var<storage, read_write> grads: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;
fn put(isA: bool, chunk: u32, at: u32, value: vec4f) { grads[select(shape.firstB, shape.firstA, isA) + at] += shape.scaling * value; }

// Low-rank gradients of a module: gradOut [·, dOut], z [·, rank], x [·, dIn], u [·, rank] ->
//   dB[n, r] = Σ gradOut[row, n]·z[row, r] and dA[r, n] = Σ u[row, r]·x[row, n] over the rows that `rowAt` names.
// Workgroups x share out the rows in chunks, y the tiles of dB (the first groupsB) and of dA. `put` says where a sum
// goes: into the gradients (putAlone), or, where there may be several chunks, by their number (putChunk.wgsl). A thread
// keeps its tile in registers, two vec4 of n by one of r: what it loads per row serves them all. Its two vec4 of n lie
// half the width apart, so that neighbours read side by side.
override THREADS: u32;

@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> z: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> u: array<vec4f>;

// Four columns (r) by two vec4 of n.
struct Sums { a: mat4x4f, b: mat4x4f }

fn add(s: ptr<function, Sums>, a: vec4f, b: vec4f, v: vec4f) {
  (*s).a = mat4x4f(fma(vec4f(v.x), a, (*s).a[0]), fma(vec4f(v.y), a, (*s).a[1]), fma(vec4f(v.z), a, (*s).a[2]),
    fma(vec4f(v.w), a, (*s).a[3]));
  (*s).b = mat4x4f(fma(vec4f(v.x), b, (*s).b[0]), fma(vec4f(v.y), b, (*s).b[1]), fma(vec4f(v.z), b, (*s).b[2]),
    fma(vec4f(v.w), b, (*s).b[3]));
}

// A 4 × 4 piece of one gradient.
fn store(isA: bool, group: u32, n: u32, r: u32, sum: mat4x4f) {
  let turned = transpose(sum);
  let at = select(4u * n * shape.rank4 + r, 4u * r * shape.ins4 + n, isA);
  let step = select(shape.rank4, shape.ins4, isA);
  put(isA, group, at, select(turned[0], sum[0], isA));
  put(isA, group, at + step, select(turned[1], sum[1], isA));
  put(isA, group, at + 2u * step, select(turned[2], sum[2], isA));
  put(isA, group, at + 3u * step, select(turned[3], sum[3], isA));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let isA = group.y >= shape.groupsB;
  let wide4 = select(shape.outs4, shape.ins4, isA);
  let half = (wide4 + 1u) / 2u;
  let tile = (group.y - select(0u, shape.groupsB, isA)) * THREADS + lane;
  let n = tile % half;
  let r = tile / half;
  let paired = n + half < wide4;
  let m = select(n, n + half, paired);
  let rank4 = shape.rank4;
  let count = rowCount();
  let chunks = chunksOf(count);
  let length = (count + chunks - 1u) / max(chunks, 1u);
  let first = group.x * length;
  let last = min(first + length, count);
  // Past the last piece or the last chunk there is nothing to do.
  if (r >= rank4 || group.x >= chunks) { return; }
  var s: Sums;
  // The same loop twice: WGSL cannot choose between two buffers outside of it.
  if (isA) {
    for (var i = first; i < last; i++) {
      let row = rowAt(i);
      let at = row * wide4;
      add(&s, x[at + n], x[at + m], u[row * rank4 + r]);
    }
  } else {
    for (var i = first; i < last; i++) {
      let row = rowAt(i);
      let at = row * wide4;
      add(&s, gradOut[at + n], gradOut[at + m], z[row * rank4 + r]);
    }
  }
  store(isA, group.x, n, r, s.a);
  if (paired) { store(isA, group.x, m, r, s.b); }
}
