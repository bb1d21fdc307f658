// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }

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

// The soft threshold: an active update Δ is multiplied with κ = 1 − τ/r.
fn shrinkage(r: f32, tau: f32) -> f32 { return select(1.0 - tau / r, 1.0, tau == 0.0); }

// What Δ is multiplied with in the gradient of Δ, beside κ g: ((1 − κ) μ + λ r)/‖Δ‖². r follows Δ, and the penalty is λ
//   r.
fn alongDelta(kappa: f32, mu: f32, penalty: f32, deltaSquared: f32) -> f32 {
  return select(0.0, ((1.0 - kappa) * mu + penalty) / deltaSquared, deltaSquared > 0.0);
}

// Bᵀ of the gradient of Δ, of the open rows: z [rows, R], gram [R, R] = BᵀB, mu, ratio ->
//   u [·, R] = κ u + a s BᵀB z in u's place (it came as Bᵀg), along [·] = a: see alongDelta. ‖Δ‖² = s² zᵀ BᵀB z.
// A thread does one row.
override R4: u32;
override SCALING: f32;            // s = alpha / rank
override LAMBDA_BAR: f32;         // λ times the tokens of the whole accumulated batch
@group(0) @binding(1) var<uniform> dims: Dims;
@group(0) @binding(2) var<uniform> slot: GateSlot;
@group(0) @binding(3) var<storage, read> z: array<vec4f>;
@group(0) @binding(4) var<storage, read> gram: array<vec4f>;
@group(0) @binding(5) var<storage, read> mu: array<f32>;
@group(0) @binding(6) var<storage, read> ratio: array<f32>;
@group(0) @binding(7) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

fn gramTimes(row: u32, k: u32) -> vec4f {
  var sum = vec4f();
  for (var q = 0u; q < R4; q++) {
    let zq = z[row * R4 + q];
    for (var j = 0u; j < 4u; j++) { sum[j] += dot(gram[(4u * k + j) * R4 + q], zq); }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= rowCount()) { return; }
  let row = rowAt(id.x);
  var squared = 0.0;
  for (var k = 0u; k < R4; k++) { squared += dot(z[row * R4 + k], gramTimes(row, k)); }
  let r = ratio[row];
  let kappa = shrinkage(r, slot.tau);
  let penalty = LAMBDA_BAR / f32(dims.tokens) * r;
  let a = alongDelta(kappa, mu[row], penalty, SCALING * SCALING * squared);
  for (var k = 0u; k < R4; k++) { u[row * R4 + k] = kappa * u[row * R4 + k] + a * SCALING * gramTimes(row, k); }
  along[row] = a;
}
