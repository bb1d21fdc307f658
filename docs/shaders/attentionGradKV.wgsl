const KV_HEADS: u32 = 2u;
const HD4: u32 = 4u;
const PART: u32 = 9u;
const OWN: u32 = 1u;
const STREAM: u32 = 2u;
const ROWS: u32 = 2u;
const CAUSAL: bool = true;
const WINDOW: u32 = 0u;
// What a kernel must know about the pass it runs in. Bound as a uniform; written by the host before a submit.
struct Dims {
  rows: u32,           // rows of one segment (tokens of a run, or one chunk of supervised tokens)
  supervised: u32,     // supervised tokens of this micro-batch, in one segment
  lossScale: f32,      // 1 / N_sup of the whole accumulated batch
  tokens: u32,         // T: tokens of the whole accumulated batch
  segments: u32,       // runs whose rows are stacked
  stride: u32,         // rows from the start of one segment to the next
  dropoutKey: u32,     // of this micro-batch's masks; 0 = nothing is dropped
  kind: u32,           // what the pass is for: PASS_* below
  draw: u32,           // what random choices go by: the optimizer step, the evaluation's batch, or the first position
  batch: u32,          // which batch of the step it is, or is a part of
  first: u32,          // tokens of the step before it
  before: u32,         // of these, those of the same batch: a part has the masks and choices that the whole would have
  whole: u32,          // tokens of the whole batch
}
const PASS_TRAIN: u32 = 0u;
const PASS_PROBE: u32 = 1u;      // measures μ before a step: nothing is learnt from its gradients
const PASS_EVALUATE: u32 = 2u;
const PASS_DECODE: u32 = 3u;

// Which rows a kernel runs over: all of them, segment after segment. Runs that share a pass lie `stride` rows apart, so
// that each can be bound alone; row i of the pass is row rowAt(i) of the tensors. Per-row tables that the host writes
// (token ids, positions) have no gaps: they are read at i.
@group(0) @binding(0) var<uniform> dims: Dims;
fn rowCount() -> u32 { return dims.rows * dims.segments; }
fn rowAt(i: u32) -> u32 {
  let segment = i / dims.rows;
  return segment * dims.stride + (i - segment * dims.rows);
}

// Who meets whom, counted from the sequence's start: a row the keys up to its own, or all of the sequence (CAUSAL is
// false), but where WINDOW is not 0 only those less than so many positions away.
fn keysOf(m: vec4u) -> vec2u {
  var keys = vec2u(0u, m.y + 1u);
  if (!CAUSAL) { keys.y = m.z - m.x; }
  if (WINDOW > 0u) {
    keys.x = m.y + 1u - min(m.y + 1u, WINDOW);
    keys.y = min(keys.y, m.y + WINDOW);
  }
  return keys;
}
// The same the other way round: the rows that meet a row's key.
fn queriesOf(m: vec4u) -> vec2u {
  var queries = vec2u(m.y, m.z - m.x);
  if (!CAUSAL) { queries.x = 0u; }
  if (WINDOW > 0u) {
    if (!CAUSAL) { queries.x = m.y + 1u - min(m.y + 1u, WINDOW); }
    queries.y = min(queries.y, m.y + WINDOW);
  }
  return queries;
}

// Scores as they are.
fn capped(x: vec4f) -> vec4f { return x; }
fn slopeAt(y: vec4f) -> vec4f { return vec4f(1); }

// What the attention kernels have in common. A thread keeps ROWS vectors in registers (its "own": queries, or keys in
// the backward of keys) and meets the other side's vectors ("columns") four at a time. The threads of a workgroup are a
// team: they own consecutive vectors of one key head and meet the same columns at the same time. Per row and key head
// there are OWN own vectors and STREAM columns: one key, or the HEADS / KV_HEADS queries that share it, so that a load
// serves all of them.
//
// A team whose rows belong to several sequences goes through each of these by itself and stores only its own rows, so
// no row sees another sequence's numbers. Steps begin at multiples of four from the sequence's start: a row's sums have
// one order, whatever lies beside it. Columns that no row of the team meets are skipped; a sequence's rows lie together
// and in order, so its first and last row in the team say which.
//
// workgroup_id.y is the key head. A kernel adds columnsOf(meta) and, for each vec4 d of a head, start, multiply, add
// and store, for each own row startRows, storeRows, and step(). Rows of a thread are written out (ROWS is 1, 2 or 4),
// for the reason that unroll.wgsl gives.
override SCALE: f32;
override THREADS: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(PART) var<uniform> part: vec4u;               // .x: workgroups in earlier dispatches of a split pass

var<private> kvHead: u32;
var<private> total: u32;                 // own vectors in the pass
var<private> ownIndex: u32;              // this thread's first
var<private> ownAt: array<u32, ROWS>;    // where each begins in its tensor, in vec4
var<private> rowsNow: vec2u;             // the sequence's rows in the team, [first, end) of the pass
var<private> meets: array<vec2u, ROWS>;  // columns that each meets, [first, end); none outside rowsNow
var<private> stepFirst: u32;             // the step's first column, counted from the sequence's start
var<private> column: vec4u;              // where the step's four columns begin in their tensor, in vec4

fn locate(r: u32) {
  let i = min(ownIndex + r, total - 1u);
  ownAt[r] = ((rowAt(i / OWN) * KV_HEADS + kvHead) * OWN + i % OWN) * HD4;
}

fn admit(r: u32) {
  let row = (ownIndex + r) / OWN;
  meets[r] = vec2u();
  if (row >= rowsNow.x && row < rowsNow.y) { meets[r] = columnsOf(rowMeta[row]); }
}

// Which of the step's columns row r meets.
fn met(r: u32) -> vec4<bool> {
  let c = stepFirst + vec4u(0u, 1u, 2u, 3u);
  return (c >= vec4u(meets[r].x)) & (c < vec4u(meets[r].y));
}

fn takesPart(r: u32) -> bool { return meets[r].y > 0u; }

fn locateRows() {
  locate(0u);
  if (ROWS > 1u) { locate(1u); }
  if (ROWS > 2u) { locate(2u); locate(3u); }
}
fn admitRows() {
  admit(0u);
  if (ROWS > 1u) { admit(1u); }
  if (ROWS > 2u) { admit(2u); admit(3u); }
}

fn columnAt(start: u32, c: vec4u) -> vec4u {
  return (((start + c / STREAM) * KV_HEADS + kvHead) * STREAM + c % STREAM) * HD4;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  kvHead = group.y;
  total = rowCount() * OWN;
  let teamFirst = (part.x + group.x) * THREADS * ROWS;
  if (teamFirst >= total) { return; }
  ownIndex = teamFirst + local * ROWS;
  locateRows();
  let end = (min(teamFirst + THREADS * ROWS, total) - 1u) / OWN + 1u;
  var row = teamFirst / OWN;
  while (row < end) {
    let start = rowMeta[row].x;
    let first = columnsOf(rowMeta[row]);
    rowsNow.x = row;
    row = select(row + 1u, end, rowMeta[end - 1u].x == start);
    while (row < end && rowMeta[row].x == start) { row++; }
    rowsNow.y = row;
    let last = columnsOf(rowMeta[row - 1u]);
    let columns = vec2u(min(first.x, last.x), max(first.y, last.y));
    admitRows();
    startHead();
    startRows();
    for (var c = columns.x / 4u * 4u; c < columns.y; c += 4u) {
      // Columns past the end stand for the last one; no row meets them.
      column = columnAt(start, min(c + vec4u(0u, 1u, 2u, 3u), vec4u(columns.y - 1u)));
      stepFirst = c;
      step();
    }
    storeHead();
    storeRows();
  }
}

// The loops over a head's HD4 vec4, written out: with constant indices the arrays of a thread stay in registers. A real
// loop makes each access a gather on software adapters, and costs three quarters of the speed. HD4 is at most 32.

fn startHead() {
  start(0u); if (HD4 > 1u) { start(1u); } if (HD4 > 2u) { start(2u); }
  if (HD4 > 3u) { start(3u); } if (HD4 > 4u) { start(4u); } if (HD4 > 5u) { start(5u); }
  if (HD4 > 6u) { start(6u); } if (HD4 > 7u) { start(7u); } if (HD4 > 8u) { start(8u); }
  if (HD4 > 9u) { start(9u); } if (HD4 > 10u) { start(10u); } if (HD4 > 11u) { start(11u); }
  if (HD4 > 12u) { start(12u); } if (HD4 > 13u) { start(13u); } if (HD4 > 14u) { start(14u); }
  if (HD4 > 15u) { start(15u); } if (HD4 > 16u) { start(16u); } if (HD4 > 17u) { start(17u); }
  if (HD4 > 18u) { start(18u); } if (HD4 > 19u) { start(19u); } if (HD4 > 20u) { start(20u); }
  if (HD4 > 21u) { start(21u); } if (HD4 > 22u) { start(22u); } if (HD4 > 23u) { start(23u); }
  if (HD4 > 24u) { start(24u); } if (HD4 > 25u) { start(25u); } if (HD4 > 26u) { start(26u); }
  if (HD4 > 27u) { start(27u); } if (HD4 > 28u) { start(28u); } if (HD4 > 29u) { start(29u); }
  if (HD4 > 30u) { start(30u); } if (HD4 > 31u) { start(31u); }
}

fn multiplyHead() {
  multiply(0u); if (HD4 > 1u) { multiply(1u); } if (HD4 > 2u) { multiply(2u); }
  if (HD4 > 3u) { multiply(3u); } if (HD4 > 4u) { multiply(4u); } if (HD4 > 5u) { multiply(5u); }
  if (HD4 > 6u) { multiply(6u); } if (HD4 > 7u) { multiply(7u); } if (HD4 > 8u) { multiply(8u); }
  if (HD4 > 9u) { multiply(9u); } if (HD4 > 10u) { multiply(10u); } if (HD4 > 11u) { multiply(11u); }
  if (HD4 > 12u) { multiply(12u); } if (HD4 > 13u) { multiply(13u); } if (HD4 > 14u) { multiply(14u); }
  if (HD4 > 15u) { multiply(15u); } if (HD4 > 16u) { multiply(16u); } if (HD4 > 17u) { multiply(17u); }
  if (HD4 > 18u) { multiply(18u); } if (HD4 > 19u) { multiply(19u); } if (HD4 > 20u) { multiply(20u); }
  if (HD4 > 21u) { multiply(21u); } if (HD4 > 22u) { multiply(22u); } if (HD4 > 23u) { multiply(23u); }
  if (HD4 > 24u) { multiply(24u); } if (HD4 > 25u) { multiply(25u); } if (HD4 > 26u) { multiply(26u); }
  if (HD4 > 27u) { multiply(27u); } if (HD4 > 28u) { multiply(28u); } if (HD4 > 29u) { multiply(29u); }
  if (HD4 > 30u) { multiply(30u); } if (HD4 > 31u) { multiply(31u); }
}

fn addHead() {
  add(0u); if (HD4 > 1u) { add(1u); } if (HD4 > 2u) { add(2u); }
  if (HD4 > 3u) { add(3u); } if (HD4 > 4u) { add(4u); } if (HD4 > 5u) { add(5u); }
  if (HD4 > 6u) { add(6u); } if (HD4 > 7u) { add(7u); } if (HD4 > 8u) { add(8u); }
  if (HD4 > 9u) { add(9u); } if (HD4 > 10u) { add(10u); } if (HD4 > 11u) { add(11u); }
  if (HD4 > 12u) { add(12u); } if (HD4 > 13u) { add(13u); } if (HD4 > 14u) { add(14u); }
  if (HD4 > 15u) { add(15u); } if (HD4 > 16u) { add(16u); } if (HD4 > 17u) { add(17u); }
  if (HD4 > 18u) { add(18u); } if (HD4 > 19u) { add(19u); } if (HD4 > 20u) { add(20u); }
  if (HD4 > 21u) { add(21u); } if (HD4 > 22u) { add(22u); } if (HD4 > 23u) { add(23u); }
  if (HD4 > 24u) { add(24u); } if (HD4 > 25u) { add(25u); } if (HD4 > 26u) { add(26u); }
  if (HD4 > 27u) { add(27u); } if (HD4 > 28u) { add(28u); } if (HD4 > 29u) { add(29u); }
  if (HD4 > 30u) { add(30u); } if (HD4 > 31u) { add(31u); }
}

fn storeHead() {
  store(0u); if (HD4 > 1u) { store(1u); } if (HD4 > 2u) { store(2u); }
  if (HD4 > 3u) { store(3u); } if (HD4 > 4u) { store(4u); } if (HD4 > 5u) { store(5u); }
  if (HD4 > 6u) { store(6u); } if (HD4 > 7u) { store(7u); } if (HD4 > 8u) { store(8u); }
  if (HD4 > 9u) { store(9u); } if (HD4 > 10u) { store(10u); } if (HD4 > 11u) { store(11u); }
  if (HD4 > 12u) { store(12u); } if (HD4 > 13u) { store(13u); } if (HD4 > 14u) { store(14u); }
  if (HD4 > 15u) { store(15u); } if (HD4 > 16u) { store(16u); } if (HD4 > 17u) { store(17u); }
  if (HD4 > 18u) { store(18u); } if (HD4 > 19u) { store(19u); } if (HD4 > 20u) { store(20u); }
  if (HD4 > 21u) { store(21u); } if (HD4 > 22u) { store(22u); } if (HD4 > 23u) { store(23u); }
  if (HD4 > 24u) { store(24u); } if (HD4 > 25u) { store(25u); } if (HD4 > 26u) { store(26u); }
  if (HD4 > 27u) { store(27u); } if (HD4 > 28u) { store(28u); } if (HD4 > 29u) { store(29u); }
  if (HD4 > 30u) { store(30u); } if (HD4 > 31u) { store(31u); }
}

// attentionGrad.wgsl with keys as own vectors and queries as columns: two gradients, and a column has its lse and D. A
// key is met by the queries of the rows that reach.wgsl gives it.
const BOTH = true;
struct Stats { lse: vec4f, delta: vec4f }

@group(0) @binding(8) var<storage, read_write> gradB: array<vec4f>;
var<private> sumB: array<array<vec4f, HD4>, ROWS>;
var<private> columnStats: Stats;

fn columnsOf(m: vec4u) -> vec2u { return queriesOf(m) * STREAM; }
fn loadStats(r: u32) {}
fn stepStats() {
  let at = column / HD4;
  let s = transpose(mat4x2f(stats[at.x], stats[at.y], stats[at.z], stats[at.w]));
  columnStats = Stats(s[0], s[1]);
}
fn statsOf(r: u32) -> Stats { return columnStats; }
fn clearB(r: u32, d: u32) { sumB[r][d] = vec4f(); }
fn addB(r: u32, d: u32, w: mat4x4f) { sumB[r][d] += w * p[r]; }
fn storeB(r: u32, d: u32) { gradB[ownAt[r] + d] = sumB[r][d]; }

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
