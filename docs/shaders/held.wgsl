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

// Gates that are held: open [rows] = what `held` says of a row of the step in a training pass, 1 = skipped and 2 =
// active; where it says 0, and in all other passes, r >= tau. Overwrites. A thread does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<uniform> slot: GateSlot;
@group(0) @binding(2) var<storage, read> ratio: array<f32>;
@group(0) @binding(3) var<storage, read> held: array<u32>;
@group(0) @binding(4) var<storage, read_write> open: array<u32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= dims.rows) { return; }
  var said = 0u;
  if (dims.kind == PASS_TRAIN) { said = held[dims.first + id.x]; }
  open[id.x] = select(0u, 1u, select(ratio[id.x] >= slot.tau, said == 2u, said != 0u));
}
