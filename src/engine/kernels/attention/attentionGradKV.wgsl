// Gradients of causal grouped-query attention with respect to k and v, training layout (key row = row).
// q, gradOut [rows, H·hd], k, v [rows, KV·hd], stats [rows, H, 2] = {lse, D} -> gradK, gradV [rows, KV·hd]:
//   gradV = Σ p · gradOut, gradK = Σ p · (gradOut·v − D) · q / √hd, with p = exp(q·k/√hd − lse), over the queries
// row … sequenceEnd − 1 and the heads that share the key. Overwrites both; no atomics, so the sum has one order.
// One thread does one key row and one key head (workgroup_id.y). Consts: HEADS, KV_HEADS, HD4 = hd / 4.
override SCALE: f32;
override THREADS: u32 = 64u;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> k: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gradK: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> gradV: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let kvHead = id.y;
  if (row >= dims.rows) { return; }
  let at = (row * KV_HEADS + kvHead) * HD4;
  var key: array<vec4f, HD4>;
  var value: array<vec4f, HD4>;
  var sumK: array<vec4f, HD4>;
  var sumV: array<vec4f, HD4>;
  for (var d = 0u; d < HD4; d++) {
    key[d] = k[at + d] * SCALE;
    value[d] = v[at + d];
  }
  const GROUP = HEADS / KV_HEADS;
  let end = rowMeta[row].z;
  for (var query = row; query < end; query++) {
    for (var head = kvHead * GROUP; head < (kvHead + 1u) * GROUP; head++) {
      let stat = stats[query * HEADS + head];
      let base = (query * HEADS + head) * HD4;
      var score = 0.0;
      var gradP = 0.0;
      for (var d = 0u; d < HD4; d++) {
        score += dot(q[base + d], key[d]);
        gradP += dot(gradOut[base + d], value[d]);
      }
      let p = exp(score - stat.x);
      let gradScore = p * (gradP - stat.y);
      for (var d = 0u; d < HD4; d++) {
        sumV[d] += p * gradOut[base + d];
        sumK[d] += gradScore * q[base + d];
      }
    }
  }
  for (var d = 0u; d < HD4; d++) {
    gradK[at + d] = sumK[d] * SCALE;
    gradV[at + d] = sumV[d];
  }
}
