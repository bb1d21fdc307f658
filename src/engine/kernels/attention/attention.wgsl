// Grouped-query attention, one pass with an online softmax (Dao et al. 2022).
// q [rows, H·hd], k, v [keyRows, KV·hd] -> result [rows, H·hd], lse [rows, H]. A row attends to the key rows
// that reach.wgsl gives it; lse = log Σ exp(capped(SCALE · q·k)). Overwrites both.
// Frame, consts and who does what: team.wgsl. Own vectors are queries, columns are keys.
@group(0) @binding(2) var<storage, read> q: array<vec4f>;
@group(0) @binding(3) var<storage, read> k: array<vec4f>;
@group(0) @binding(4) var<storage, read> v: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> result: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

var<private> query: array<array<vec4f, HD4>, ROWS>;
var<private> sum: array<array<vec4f, HD4>, ROWS>;  // Σ p · v
var<private> p: array<vec4f, ROWS>;                // of the step's four keys: the scores, then exp(score − top)
var<private> top: array<f32, ROWS>;                // largest score so far
var<private> weight: array<f32, ROWS>;             // Σ exp(score − top)
var<private> shrink: array<f32, ROWS>;             // what a new top makes of the old sums

fn columnsOf(m: vec4u) -> vec2u { return keysOf(m); }

fn keys(d: u32) -> mat4x4f {
  return mat4x4f(k[column.x + d], k[column.y + d], k[column.z + d], k[column.w + d]);
}
fn values(d: u32) -> mat4x4f {
  return mat4x4f(v[column.x + d], v[column.y + d], v[column.z + d], v[column.w + d]);
}

fn startRow(r: u32) {
  top[r] = -1e30;
  weight[r] = 0.0;
}
fn startRows() {
  startRow(0u);
  if (ROWS > 1u) { startRow(1u); }
  if (ROWS > 2u) { startRow(2u); startRow(3u); }
}

fn startAt(r: u32, d: u32) {
  query[r][d] = q[ownAt[r] + d] * SCALE;
  sum[r][d] = vec4f();
}
fn start(d: u32) {
  startAt(0u, d);
  if (ROWS > 1u) { startAt(1u, d); }
  if (ROWS > 2u) { startAt(2u, d); startAt(3u, d); }
}

fn multiplyAt(r: u32, d: u32, w: mat4x4f) { p[r] += w * query[r][d]; }
fn multiply(d: u32) {
  let w = transpose(keys(d));
  multiplyAt(0u, d, w);
  if (ROWS > 1u) { multiplyAt(1u, d, w); }
  if (ROWS > 2u) { multiplyAt(2u, d, w); multiplyAt(3u, d, w); }
}

fn soften(r: u32) {
  let meets4 = met(r);
  let score = select(vec4f(-1e30), capped(p[r]), meets4);
  let high = max(max(max(score.x, score.y), max(score.z, score.w)), top[r]);
  // exp(0) need not be 1 on every adapter, and a row must not change in steps that it has no part in.
  shrink[r] = select(exp(top[r] - high), 1.0, high == top[r]);
  p[r] = select(vec4f(), exp(score - high), meets4);
  top[r] = high;
  weight[r] = weight[r] * shrink[r] + (p[r].x + p[r].y + p[r].z + p[r].w);
}

fn addAt(r: u32, d: u32, w: mat4x4f) { sum[r][d] = sum[r][d] * shrink[r] + w * p[r]; }
fn add(d: u32) {
  let w = values(d);
  addAt(0u, d, w);
  if (ROWS > 1u) { addAt(1u, d, w); }
  if (ROWS > 2u) { addAt(2u, d, w); addAt(3u, d, w); }
}

fn step() {
  p = array<vec4f, ROWS>();
  multiplyHead();
  soften(0u);
  if (ROWS > 1u) { soften(1u); }
  if (ROWS > 2u) { soften(2u); soften(3u); }
  addHead();
}

fn storeAt(r: u32, d: u32) {
  if (takesPart(r)) { result[ownAt[r] + d] = sum[r][d] / weight[r]; }
}
fn store(d: u32) {
  storeAt(0u, d);
  if (ROWS > 1u) { storeAt(1u, d); }
  if (ROWS > 2u) { storeAt(2u, d); storeAt(3u, d); }
}

fn storeRow(r: u32) {
  if (takesPart(r)) { lse[ownAt[r] / HD4] = top[r] + log(weight[r]); }
}
fn storeRows() {
  storeRow(0u);
  if (ROWS > 1u) { storeRow(1u); }
  if (ROWS > 2u) { storeRow(2u); storeRow(3u); }
}
