const SHAPE_AT: u32 = 6u;
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

// Running sum over the WIDTH threads of a workgroup: each gets the sum up to and with its own; the last entry of `ends`
// is the whole. All threads must call it, in uniform control flow.
override WIDTH: u32;
var<workgroup> ends: array<u32, WIDTH>;

fn runningSum(own: u32, lane: u32) -> u32 {
  ends[lane] = own;
  workgroupBarrier();
  for (var step = 1u; step < WIDTH; step *= 2u) {
    var before = 0u;
    if (lane >= step) { before = ends[lane - step]; }
    workgroupBarrier();
    ends[lane] += before;
    workgroupBarrier();
  }
  return ends[lane];
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

// What the gate must know about its module.
struct Shape {
  rank4: u32,                     // rank / 4
  parts: u32,                     // partial sums of y² per row
  scaling: f32,                   // s = alpha / rank
  record: u32,                    // 1 = add to the statistics
  tileRows: u32,                  // of a workgroup of the products over open rows
}
@group(0) @binding(SHAPE_AT) var<uniform> shape: Shape;

// r of a row where an earlier dispatch has computed it.
fn ratioOf(row: u32) -> f32 { return ratio[row]; }

// S of a row: r >= tau.
fn keeps(row: u32, r: f32) -> bool { return r >= slot.tau; }

// Token gate and list of open rows: r by `ratioOf`, S by `keeps` ->
//   ratio [rows], open [rows] = S (0 or 1), activeList [1 + rows] = count, then the open rows ascending. Overwrites
//   all; adds to the StatSlot when `record`.
// One workgroup: each thread takes one run of rows, a scan over the threads says where its list begins.
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<uniform> slot: GateSlot;
@group(0) @binding(2) var<storage, read_write> ratio: array<f32>;
@group(0) @binding(3) var<storage, read_write> open: array<u32>;
@group(0) @binding(4) var<storage, read_write> activeList: array<u32>;
@group(0) @binding(5) var<storage, read_write> stat: StatSlot;

var<workgroup> bins: array<atomic<u32>, RATIO_BINS>;       // integer counts: any order gives the same

fn divUp(a: u32, b: u32) -> u32 { return (a + b - 1u) / b; }

// Notes r and S of one row; returns 1 when its gate is open.
fn keep(row: u32, r: f32) -> u32 {
  let kept = select(0u, 1u, keeps(row, r));
  ratio[row] = r;
  open[row] = kept;
  atomicAdd(&bins[ratioBin(r)], 1u);
  return kept;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let run = divUp(dims.rows, WIDTH);
  let first = min(lane * run, dims.rows);
  let last = min(first + run, dims.rows);
  var mine = 0u;
  for (var row = first; row < last; row++) { mine += keep(row, ratioOf(row)); }
  var at = 1u + runningSum(mine, lane) - mine;
  for (var row = first; row < last; row++) {
    if (open[row] != 0u) {
      activeList[at] = row;
      at++;
    }
  }
  let count = ends[WIDTH - 1u];
  if (lane == 0u) { activeList[0] = count; }
  if (shape.record == 0u) { return; }
  for (var b = lane; b < RATIO_BINS; b += WIDTH) { stat.histogram[b] += atomicLoad(&bins[b]); }
  if (lane == 0u) {
    stat.tokens += dims.rows;
    stat.opened += count;
    let computed = divUp(count, shape.tileRows) * shape.tileRows;
    stat.forwardRows += computed;
    stat.dxRows += computed;
    stat.gradRows += count;
  }
}
