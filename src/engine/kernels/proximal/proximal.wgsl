// Exact proximal step of every module of a run: pairs [modules, capacity] (r bits, mu bits), ascending by r ->
//   slots[m].tau = argmin over τ >= 0 of Σ_i [r_i >= τ](mu_i + λ) + (τ − tau)²/2η, slots[m].updates + 1.
// Between two neighbouring r all τ keep the same tokens, so one candidate stands for each such interval: its point
// nearest to tau. That is r_i where r_i < tau, the number after r_{i−1} where r_{i−1} >= tau, and tau itself in
// between. One workgroup a module: suffix sums over the threads' runs of tokens, then a tree of minima, always in the
// same order.
override WIDTH: u32;
override CAPACITY: u32;

@group(0) @binding(0) var<uniform> hyper: ProximalHyper;
@group(0) @binding(1) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> slots: array<GateSlot>;

struct Candidate { objective: f32, tau: f32, away: f32 }

var<workgroup> sums: array<f32, WIDTH>;
var<workgroup> best: array<Candidate, WIDTH>;

// Least objective; among equal ones the nearest to tau, then the lowest.
fn better(a: Candidate, b: Candidate) -> bool {
  if (a.objective != b.objective) { return a.objective < b.objective; }
  if (a.away != b.away) { return a.away < b.away; }
  return a.tau < b.tau;
}

// The smallest f32 above r; above 0 the smallest normal one, since smaller ones may be flushed to 0.
fn nextUp(r: f32) -> f32 { return bitcast<f32>(max(bitcast<u32>(r) + 1u, 0x00800000u)); }

fn candidate(at: u32, base: u32, tokens: u32, tau: f32, kept: f32) -> Candidate {
  var to = tau;
  if (at < tokens && bitcast<f32>(pairs[base + at].x) < tau) {
    to = bitcast<f32>(pairs[base + at].x);
  } else if (at > 0u && bitcast<f32>(pairs[base + at - 1u].x) >= tau) {
    to = nextUp(bitcast<f32>(pairs[base + at - 1u].x));
  }
  let away = abs(to - tau);
  return Candidate(kept + away * away * hyper.half, to, away);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (hyper.enabled == 0u) { return; }
  let m = group.x;
  let base = m * CAPACITY;
  let tokens = min(hyper.tokens, CAPACITY);
  let tau = slots[m].tau;
  let run = (tokens + WIDTH - 1u) / WIDTH;
  let first = min(lane * run, tokens);
  let last = min(first + run, tokens);
  var sum = 0.0;
  for (var i = last; i > first; i--) { sum += bitcast<f32>(pairs[base + i - 1u].y) + hyper.lambda; }
  sums[lane] = sum;
  workgroupBarrier();
  // Σ of the runs behind this thread's.
  var kept = 0.0;
  for (var t = WIDTH - 1u; t > lane; t--) { kept += sums[t]; }
  let all = kept + sum;
  // Everything closed is one more boundary, behind the last token.
  var mine = Candidate(3.4e38, 3.4e38, 3.4e38);
  if (lane == 0u) { mine = candidate(tokens, base, tokens, tau, 0.0); }
  for (var i = last; i > first; i--) {
    kept += bitcast<f32>(pairs[base + i - 1u].y) + hyper.lambda;
    // Tokens of equal r open together.
    if (i > 1u && pairs[base + i - 2u].x == pairs[base + i - 1u].x) { continue; }
    let here = candidate(i - 1u, base, tokens, tau, kept);
    if (better(here, mine)) { mine = here; }
  }
  best[lane] = mine;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half && better(best[lane + half], best[lane])) { best[lane] = best[lane + half]; }
    workgroupBarrier();
  }
  // A sum that overflowed teaches nothing: the threshold stands still, as A and B do.
  if (lane != 0u || (bitcast<u32>(all) & 0x7f800000u) == 0x7f800000u) { return; }
  slots[m].tau = best[0].tau;
  slots[m].updates++;
}
