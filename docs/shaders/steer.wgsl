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

// Median of r of module `index` by its histogram in `stats`, linear inside a bin; 0 where there are no tokens.
fn medianOf(index: u32) -> f32 {
  var total = 0u;
  for (var b = 0u; b < RATIO_BINS; b++) { total += stats[index].histogram[b]; }
  if (total == 0u) { return 0.0; }
  var before = 0u;
  for (var b = 0u; b < RATIO_BINS; b++) {
    let count = stats[index].histogram[b];
    if (2u * (before + count) >= total) {
      let share = (0.5 * f32(total) - f32(before)) / f32(count);
      return ratioEdge(b) + (ratioEdge(b + 1u) - ratioEdge(b)) * share;
    }
    before += count;
  }
  return ratioEdge(RATIO_BINS);
}

// Steers the skipped share of a run, or of each of its modules, to a target, after the rule has moved τ:
//   slots[m].tau = max(0, tau + δ·median r of m), one δ for the run (or one for each module), so that by the histograms
//   of this step, linear inside a bin, the share target + correction would be skipped.
// The correction answers what the histograms cannot know (r grows from step to step): it adds up what was missed, three
// tenths of it each step, and stays within bounds, so that it cannot wind up.
// One workgroup; the largest δ that does not skip more, by bisection, the shares summed over the threads' modules in a
//   fixed order.
override THREADS: u32;
override MODULES: u32;
override PER_MODULE: bool;

struct SteerHyper {
  goal: f32,                      // the skipped share to reach
  enabled: u32,                   // 0 during the warm-up: nothing moves
  gain: f32,                      // of what was missed, what the correction takes up
  bound: f32,                     // largest correction
}

const WIDEST = 4096.0;            // largest |δ|
const HALVINGS = 40u;

@group(0) @binding(0) var<uniform> hyper: SteerHyper;
@group(0) @binding(1) var<storage, read_write> slots: array<GateSlot>;
@group(0) @binding(2) var<storage, read> stats: array<StatSlot>;

var<workgroup> medians: array<f32, MODULES>;
var<workgroup> parts: array<vec2<f32>, THREADS>;
var<workgroup> total: vec2<f32>;

// Tokens of module m with r < x.
fn below(m: u32, x: f32) -> f32 {
  let bin = ratioBin(x);
  var count = 0u;
  for (var b = 0u; b < bin; b++) { count += stats[m].histogram[b]; }
  let inside = min(1.0, (x - ratioEdge(bin)) / (ratioEdge(bin + 1u) - ratioEdge(bin)));
  return f32(count) + inside * f32(stats[m].histogram[bin]);
}

// While B = 0 every r is 0 and any τ above 0 closes all for good: a module whose r lie in the first bin stays where it
//   is.
fn mobile(m: u32) -> f32 {
  let median = medianOf(m);
  return select(0.0, median, median >= ratioEdge(1u));
}

fn moved(m: u32, delta: f32) -> f32 { return max(0.0, slots[m].tau + delta * medians[m]); }

fn corrected(m: u32, missed: f32) -> f32 {
  if (slots[m].steered == 0u) { return 0.0; }
  return clamp(slots[m].correction + hyper.gain * missed, -hyper.bound, hyper.bound);
}

fn apply(m: u32, delta: f32, correction: f32) {
  slots[m].tau = moved(m, delta);
  slots[m].shift = select(delta, 0.0, medians[m] == 0.0);
  slots[m].correction = correction;
  slots[m].steered++;
}

// Sum over the threads; all get it.
fn sum(value: vec2<f32>, lane: u32) -> vec2<f32> {
  parts[lane] = value;
  workgroupBarrier();
  if (lane == 0u) {
    var all = vec2<f32>();
    for (var t = 0u; t < THREADS; t++) { all += parts[t]; }
    total = all;
  }
  return workgroupUniformLoad(&total);
}

fn steerModule(m: u32) {
  let tokens = f32(stats[m].tokens);
  if (tokens == 0.0 || medians[m] == 0.0) { return; }
  let correction = corrected(m, hyper.goal - (tokens - f32(stats[m].opened)) / tokens);
  let aim = clamp(hyper.goal + correction, 0.0, 1.0) * tokens;
  var low = -WIDEST;
  var high = WIDEST;
  for (var i = 0u; i < HALVINGS; i++) {
    let middle = 0.5 * (low + high);
    if (below(m, moved(m, middle)) < aim) { low = middle; } else { high = middle; }
  }
  apply(m, low, correction);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (hyper.enabled == 0u) { return; }
  for (var m = lane; m < MODULES; m += THREADS) { medians[m] = mobile(m); }
  workgroupBarrier();
  if (PER_MODULE) {
    for (var m = lane; m < MODULES; m += THREADS) { steerModule(m); }
    return;
  }
  var counts = vec2<f32>();       // tokens, and those that were skipped
  for (var m = lane; m < MODULES; m += THREADS) {
    counts += vec2<f32>(f32(stats[m].tokens), f32(stats[m].tokens - stats[m].opened));
  }
  let all = sum(counts, lane);
  if (all.x == 0.0) { return; }
  let correction = corrected(0u, hyper.goal - all.y / all.x);
  let aim = clamp(hyper.goal + correction, 0.0, 1.0) * all.x;
  var low = -WIDEST;
  var high = WIDEST;
  for (var i = 0u; i < HALVINGS; i++) {
    let middle = 0.5 * (low + high);
    var skipped = 0.0;
    for (var m = lane; m < MODULES; m += THREADS) { skipped += below(m, moved(m, middle)); }
    if (sum(vec2<f32>(skipped, 0.0), lane).x < aim) { low = middle; } else { high = middle; }
  }
  // `corrected` of other threads must have read before module 0 is written.
  workgroupBarrier();
  for (var m = lane; m < MODULES; m += THREADS) { apply(m, low, correction); }
}
