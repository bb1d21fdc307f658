// Causal grouped-query attention, one pass with an online softmax (Dao et al. 2022, without the tiles).
// q [rows, H·hd], k, v [keyRows, KV·hd] -> result [rows, H·hd], lse [rows, H]. Row r attends to the key rows
// keyStart … keyStart + position; lse = log Σ exp(q·k/√hd). Overwrites both.
// One thread does one row and one head; workgroup_id.y is the head. Consts: HEADS, KV_HEADS, HD4 = hd / 4.
override SCALE: f32;
override THREADS: u32 = 64u;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> k: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= dims.rows) { return; }
  let at = (row * HEADS + head) * HD4;
  var query: array<vec4f, HD4>;
  var sum: array<vec4f, HD4>;
  for (var d = 0u; d < HD4; d++) { query[d] = q[at + d] * SCALE; }

  let m = rowMeta[row];
  let stride = KV_HEADS * HD4;
  let kvHead = head / (HEADS / KV_HEADS) * HD4;
  let end = m.x + m.y + 1u;
  var top = -1e30;   // largest score so far
  var weight = 0.0;  // Σ exp(score − top)
  // Four keys at a time: the sum is rescaled once for all of them. Keys past the end count as key `end − 1`
  // with a score that no softmax sees.
  for (var key = m.x; key < end; key += 4u) {
    let keys = min(vec4u(key, key + 1u, key + 2u, key + 3u), vec4u(end - 1u));
    let base = keys * stride + kvHead;
    var score = vec4f(0);
    for (var d = 0u; d < HD4; d++) {
      let x = query[d];
      score += vec4f(dot(x, k[base.x + d]), dot(x, k[base.y + d]), dot(x, k[base.z + d]), dot(x, k[base.w + d]));
    }
    score = select(vec4f(-1e30), score, vec4u(key, key + 1u, key + 2u, key + 3u) < vec4u(end));
    let high = max(max(max(score.x, score.y), max(score.z, score.w)), top);
    let shrink = exp(top - high);
    let p = exp(score - high);
    top = high;
    weight = weight * shrink + p.x + p.y + p.z + p.w;
    for (var d = 0u; d < HD4; d++) {
      sum[d] = sum[d] * shrink + p.x * v[base.x + d] + p.y * v[base.y + d] + p.z * v[base.z + d] + p.w * v[base.w + d];
    }
  }
  for (var d = 0u; d < HD4; d++) { result[at + d] = sum[d] / weight; }
  lse[row * HEADS + head] = top + log(weight);
}
