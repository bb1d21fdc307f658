// Gradient of causal grouped-query attention with respect to q. q, gradOut [rows, H·hd], k, v [rows, KV·hd],
// stats [rows, H, 2] = {lse, D} -> gradQ [rows, H·hd] = Σ p · (gradOut·v − D) · k / √hd over the row's keys, with
// p = exp(q·k/√hd − lse). Overwrites.
// One thread does one row and one head; workgroup_id.y is the head. Consts: HEADS, KV_HEADS, HD4 = hd / 4.
override SCALE: f32;
override THREADS: u32 = 64u;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> k: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gradQ: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let head = id.y;
  if (row >= dims.rows) { return; }
  let at = (row * HEADS + head) * HD4;
  var query: array<vec4f, HD4>;
  var grad: array<vec4f, HD4>;
  var sum: array<vec4f, HD4>;
  for (var d = 0u; d < HD4; d++) {
    query[d] = q[at + d] * SCALE;
    grad[d] = gradOut[at + d];
  }
  let m = rowMeta[row];
  let stat = stats[row * HEADS + head];
  let stride = KV_HEADS * HD4;
  let kvHead = head / (HEADS / KV_HEADS) * HD4;
  for (var key = m.x; key <= m.x + m.y; key++) {
    let base = key * stride + kvHead;
    var score = 0.0;
    var gradP = 0.0;
    for (var d = 0u; d < HD4; d++) {
      score += dot(query[d], k[base + d]);
      gradP += dot(grad[d], v[base + d]);
    }
    let gradScore = exp(score - stat.x) * (gradP - stat.y);
    for (var d = 0u; d < HD4; d++) { sum[d] += gradScore * k[base + d]; }
  }
  for (var d = 0u; d < HD4; d++) { gradQ[at + d] = sum[d] * SCALE; }
}
