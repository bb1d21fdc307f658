// The plain form of the keys' and values' gradients (attentionGrad.wgsl): a thread does one row and one key head, and
// meets the queries of the rows that reach.wgsl gives it.
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> q: array<vec4f>;
@group(0) @binding(5) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gradK: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> gradV: array<vec4f>;

const OWN = KV_HEADS;

fn work(i: u32) {
  let head = i % KV_HEADS;
  let own = (rowAt(i / KV_HEADS) * KV_HEADS + head) * HD4;
  let m = rowMeta[i / KV_HEADS];
  var sumK = array<vec4f, HD4>();
  var sumV = array<vec4f, HD4>();
  let queries = queriesOf(m);
  for (var row = m.x + queries.x; row < m.x + queries.y; row++) {
    for (var h = 0u; h < SHARE; h++) {
      let query = row * HEADS + head * SHARE + h;
      var score = 0.0;
      var gradP = 0.0;
      for (var d = 0u; d < HD4; d++) {
        score += dot(q[query * HD4 + d], k[own + d]);
        gradP += dot(gradOut[query * HD4 + d], v[own + d]);
      }
      let held = capped(vec4f(score * SCALE));
      let p = exp(held.x - stats[query].x);
      let gradScore = p * (gradP - stats[query].y) * slopeAt(held).x;
      for (var d = 0u; d < HD4; d++) {
        sumK[d] += gradScore * q[query * HD4 + d];
        sumV[d] += p * gradOut[query * HD4 + d];
      }
    }
  }
  for (var d = 0u; d < HD4; d++) {
    gradK[own + d] = sumK[d] * SCALE;
    gradV[own + d] = sumV[d];
  }
}
