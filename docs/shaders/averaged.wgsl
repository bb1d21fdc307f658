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

// Averaged proximal step of every module of a run: sums [modules, RATIO_BINS] = Σ mu of this batch by bin of r, counts
//   from
// stats -> average [modules, 2 · RATIO_BINS] = EMA of both (updated; the first values as they are), and
//   slots[m].tau = argmin over bin edges e of Σ_{bins from e up} (average of Σ mu + λ · average count) + (e − tau)²/2η;
//   ties: the nearest to tau, then the lowest.
// The edges are 0, those between bins, and the last one's upper edge. A thread does one module.
override THREADS: u32;
override MODULES: u32;

const KEEP = 0.9;

@group(0) @binding(0) var<uniform> hyper: ProximalHyper;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> stats: array<StatSlot>;
@group(0) @binding(3) var<storage, read_write> average: array<f32>;
@group(0) @binding(4) var<storage, read_write> slots: array<GateSlot>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let m = id.x;
  if (hyper.enabled == 0u || m >= MODULES) { return; }
  var all = 0.0;
  for (var b = 0u; b < RATIO_BINS; b++) { all += abs(sums[m * RATIO_BINS + b]); }
  // A sum that overflowed teaches nothing: the threshold stands still, as A and B do.
  if ((bitcast<u32>(all) & 0x7f800000u) == 0x7f800000u) { return; }
  let old = select(KEEP, 0.0, slots[m].updates == 0u);
  let tau = slots[m].tau;
  let base = 2u * m * RATIO_BINS;
  let top = ratioEdge(RATIO_BINS);
  var best = top;
  var least = (top - tau) * (top - tau) * hyper.half;
  var kept = 0.0;
  for (var i = 0u; i < RATIO_BINS; i++) {
    let b = RATIO_BINS - 1u - i;
    let mu = old * average[base + b] + (1.0 - old) * sums[m * RATIO_BINS + b];
    let count = old * average[base + RATIO_BINS + b] + (1.0 - old) * f32(stats[m].histogram[b]);
    average[base + b] = mu;
    average[base + RATIO_BINS + b] = count;
    kept += mu + hyper.lambda * count;
    let edge = ratioEdge(b);
    let objective = kept + (edge - tau) * (edge - tau) * hyper.half;
    // From the highest edge down: of two that are as near, the later is the lower.
    if (objective < least || (objective == least && abs(edge - tau) <= abs(best - tau))) {
      least = objective;
      best = edge;
    }
  }
  slots[m].tau = best;
  slots[m].updates++;
}
