// The plain form of attention.wgsl, for a GPU on which that one does not compile or is wrong: a thread does one row and
// one query head, key by key.
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> k: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

const OWN = HEADS;

fn work(i: u32) {
  let head = i % HEADS;
  let own = rowAt(i / HEADS) * HEADS + head;
  let m = rowMeta[i / HEADS];
  var sum = array<vec4f, HD4>();
  var top = -1e30;
  var weight = 0.0;
  let keys = keysOf(m);
  for (var c = keys.x; c < keys.y; c++) {
    let key = ((m.x + c) * KV_HEADS + head / SHARE) * HD4;
    var score = 0.0;
    for (var d = 0u; d < HD4; d++) { score += dot(q[own * HD4 + d], k[key + d]); }
    score = capped(vec4f(score * SCALE)).x;
    let high = max(top, score);
    let shrink = select(exp(top - high), 1.0, high == top);
    let p = exp(score - high);
    for (var d = 0u; d < HD4; d++) { sum[d] = sum[d] * shrink + p * v[key + d]; }
    weight = weight * shrink + p;
    top = high;
  }
  for (var d = 0u; d < HD4; d++) { result[own * HD4 + d] = sum[d] / weight; }
  lse[own] = top + log(weight);
}
