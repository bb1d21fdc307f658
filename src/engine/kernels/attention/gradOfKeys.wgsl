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
