// What the proximal steps of a run must know.
struct ProximalHyper {
  tokens: u32,                    // T of the batch that gate gradients come from
  enabled: u32,                   // 0: nothing moves
  lambda: f32,                    // λ: sparsity penalty of an active token
  half: f32,                      // 1/2η; 0 = unbounded step
}

// Per-module slots of a run, multiples of 256 bytes so that one slot can be bound alone. Layout: slots.ts.
struct GateSlot {
  tau: f32,                       // threshold
  m: f32,                         // first moment of g
  v: f32,                         // second moment of g
  updates: u32,                   // threshold updates so far
  rho: f32,                       // EMA of the module's median r, where each module has its own
  step: f32,                      // step size of the last update
  share: f32,                     // random gate: share of tokens that the last step kept
  correction: f32,                // steering: what is added to the target share
  shift: f32,                     // steering: how far τ was moved last, in units of the module's median r
  @size(220) steered: u32,        // steps that steered so far; the rest is spare
}

// Workgroups that may share the sums of μ, each with an entry of its own: no two write the same number.
const MU_PARTS: u32 = 8u;
// Histogram of r: 4 bins per octave from 2^-13 up, linear in the mantissa; bin 0 takes everything below too.
const RATIO_BINS: u32 = 64u;
const RATIO_SHIFT: u32 = 21u;
const RATIO_OFFSET: u32 = 456u;   // bits(2^-13) >> 21

// Sums over the micro-batches of one optimizer step.
struct StatSlot {
  tokens: u32,                    // T
  opened: u32,                    // Σ S_i
  forwardRows: u32,               // rows of B z as dispatched (tile-rounded)
  dxRows: u32,                    // rows of the adapter's dx as dispatched
  gradRows: u32,                  // rows of dB and dA
  measured: u32,                  // tokens whose μ is in the sums
  mu: array<vec4<f32>, MU_PARTS>, // parts of Σ S_i μ_i, Σ (1 − S_i) μ_i, Σ c_i μ_i, and one that the rule itself makes
  helpful: array<vec2<u32>, MU_PARTS>, // parts of the number of tokens with μ_i < 0: kept, skipped
  spare: array<vec4<u32>, 2>,
  histogram: array<u32, RATIO_BINS>,
}

fn ratioBin(r: f32) -> u32 {
  return min(max(bitcast<u32>(r) >> RATIO_SHIFT, RATIO_OFFSET) - RATIO_OFFSET, RATIO_BINS - 1u);
}

// Lower edge of a bin; RATIO_BINS gives the upper edge of the last.
fn ratioEdge(bin: u32) -> f32 {
  return select(bitcast<f32>((bin + RATIO_OFFSET) << RATIO_SHIFT), 0.0, bin == 0u);
}

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
