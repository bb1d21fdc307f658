// Gradients of grouped-query attention, for either side of the products. With p = exp(s − lse), s = capped(SCALE · q·k)
// and dS = p · (gradOut·v − D) · slopeAt(s), of every query and key that it attends to:
//   of queries:  gradA = gradQ = Σ dS · k · SCALE                            a, b = q, gradOut    x, y = k, v
//   of keys:     gradA = gradK = Σ dS · q · SCALE, gradB = gradV = Σ p · gradOut   a, b = k, v    x, y = q, gradOut
// q, gradOut, gradQ [rows, H·hd]; k, v, gradK, gradV [rows, KV·hd]; stats [rows, H, 2] = {lse, D}. Overwrites. Both
// sides make p and dS anew: without atomics that is what one order of the sums costs.
// Frame, consts and who does what: team.wgsl. The side's own part: gradOfQueries.wgsl, gradOfKeys.wgsl.
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read> x: array<vec4f>;
@group(0) @binding(5) var<storage, read> y: array<vec4f>;
@group(0) @binding(6) var<storage, read> stats: array<vec2f>;
@group(0) @binding(7) var<storage, read_write> gradA: array<vec4f>;

var<private> ownA: array<array<vec4f, HD4>, ROWS>;
var<private> ownB: array<array<vec4f, HD4>, ROWS>;
var<private> sumA: array<array<vec4f, HD4>, ROWS>;
var<private> p: array<vec4f, ROWS>;          // of the step's four columns: the scores, then p
var<private> gradScore: array<vec4f, ROWS>;  // gradOut·v, then dS

fn xs(d: u32) -> mat4x4f {
  return mat4x4f(x[column.x + d], x[column.y + d], x[column.z + d], x[column.w + d]);
}
fn ys(d: u32) -> mat4x4f {
  return mat4x4f(y[column.x + d], y[column.y + d], y[column.z + d], y[column.w + d]);
}

fn startAt(r: u32, d: u32) {
  ownA[r][d] = a[ownAt[r] + d] * SCALE;
  ownB[r][d] = b[ownAt[r] + d];
  sumA[r][d] = vec4f();
  clearB(r, d);
}
fn start(d: u32) {
  startAt(0u, d);
  if (ROWS > 1u) { startAt(1u, d); }
  if (ROWS > 2u) { startAt(2u, d); startAt(3u, d); }
}

fn multiplyAt(r: u32, d: u32, wx: mat4x4f, wy: mat4x4f) {
  p[r] += wx * ownA[r][d];
  gradScore[r] += wy * ownB[r][d];
}
fn multiply(d: u32) {
  let wx = transpose(xs(d));
  let wy = transpose(ys(d));
  multiplyAt(0u, d, wx, wy);
  if (ROWS > 1u) { multiplyAt(1u, d, wx, wy); }
  if (ROWS > 2u) { multiplyAt(2u, d, wx, wy); multiplyAt(3u, d, wx, wy); }
}

fn weigh(r: u32) {
  let s = statsOf(r);
  let score = capped(p[r]);
  p[r] = select(vec4f(), exp(score - s.lse), met(r));
  gradScore[r] = p[r] * (gradScore[r] - s.delta) * slopeAt(score);
}

fn addAt(r: u32, d: u32, wx: mat4x4f, wy: mat4x4f) {
  sumA[r][d] += wx * gradScore[r];
  addB(r, d, wy);
}
fn add(d: u32) {
  let wx = xs(d);
  var wy: mat4x4f;
  if (BOTH) { wy = ys(d); }
  addAt(0u, d, wx, wy);
  if (ROWS > 1u) { addAt(1u, d, wx, wy); }
  if (ROWS > 2u) { addAt(2u, d, wx, wy); addAt(3u, d, wx, wy); }
}

fn step() {
  p = array<vec4f, ROWS>();
  gradScore = array<vec4f, ROWS>();
  multiplyHead();
  stepStats();
  weigh(0u);
  if (ROWS > 1u) { weigh(1u); }
  if (ROWS > 2u) { weigh(2u); weigh(3u); }
  addHead();
}

fn storeAt(r: u32, d: u32) {
  if (!takesPart(r)) { return; }
  gradA[ownAt[r] + d] = sumA[r][d] * SCALE;
  storeB(r, d);
}
fn store(d: u32) {
  storeAt(0u, d);
  if (ROWS > 1u) { storeAt(1u, d); }
  if (ROWS > 2u) { storeAt(2u, d); storeAt(3u, d); }
}

fn startRows() {
  loadStats(0u);
  if (ROWS > 1u) { loadStats(1u); }
  if (ROWS > 2u) { loadStats(2u); loadStats(3u); }
}
fn storeRows() {}
