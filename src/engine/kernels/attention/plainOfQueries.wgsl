// The plain form of the queries' gradients (attentionGrad.wgsl): a thread does one row and one query head, key by key.
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(4) var<storage, read> k: array<vec4f>;
@group(0) @binding(5) var<storage, read> v: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gradQ: array<vec4f>;

const OWN = HEADS;

fn work(i: u32) {
  let head = i % HEADS;
  let own = rowAt(i / HEADS) * HEADS + head;
  let m = rowMeta[i / HEADS];
  var sum = array<vec4f, HD4>();
  let keys = keysOf(m);
  for (var c = keys.x; c < keys.y; c++) {
    let key = ((m.x + c) * KV_HEADS + head / SHARE) * HD4;
    var score = 0.0;
    var gradP = 0.0;
    for (var d = 0u; d < HD4; d++) {
      score += dot(q[own * HD4 + d], k[key + d]);
      gradP += dot(gradOut[own * HD4 + d], v[key + d]);
    }
    let held = capped(vec4f(score * SCALE));
    let gradScore = exp(held.x - stats[own].x) * (gradP - stats[own].y) * slopeAt(held).x;
    for (var d = 0u; d < HD4; d++) { sum[d] += gradScore * k[key + d]; }
  }
  for (var d = 0u; d < HD4; d++) { gradQ[own * HD4 + d] = sum[d] * SCALE; }
}
