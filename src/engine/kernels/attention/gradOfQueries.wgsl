// attentionGrad.wgsl with queries as own vectors and keys as columns: one gradient, and an own vector has its lse and
//   D.
const BOTH = false;
struct Stats { lse: vec4f, delta: vec4f }

var<private> ownStats: array<vec2f, ROWS>;

fn columnsOf(m: vec4u) -> vec2u { return keysOf(m); }
fn loadStats(r: u32) { ownStats[r] = stats[ownAt[r] / HD4]; }
fn stepStats() {}
fn statsOf(r: u32) -> Stats { return Stats(vec4f(ownStats[r].x), vec4f(ownStats[r].y)); }
fn clearB(r: u32, d: u32) {}
fn addB(r: u32, d: u32, w: mat4x4f) {}
fn storeB(r: u32, d: u32) {}
