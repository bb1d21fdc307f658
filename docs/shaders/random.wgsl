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

// What a choice goes by.
struct Choice {
  keep: f32,                      // share of the rows to keep, where nothing else says
  seed: u32,
  salt: u32,                      // which module it is, so that each draws its own rows
  count: u32,                     // where the followed run's count lies in a batch's counts; NOBODY = follows nobody
  counts: u32,                    // counts of one batch
  ofStep: u32,                    // 1: the keys are of all rows of the step; 0: of the pass's rows
}
const NOBODY: u32 = 0xffffffffu;
@group(0) @binding(4) var<uniform> choice: Choice;

fn shareOf(share: f32) -> u32 { return u32(floor(share * f32(dims.whole) + 0.5)); }

// A number from numbers: every bit of the result depends on every bit that went in. TypeScript twin: dropout.ref.ts.
fn mixBits(value: u32) -> u32 {
  var v = value;
  v = (v ^ (v >> 16u)) * 0x21f0aaadu;
  v = (v ^ (v >> 15u)) * 0x735a2d97u;
  return v ^ (v >> 15u);
}

// Random gate: rows in the order of a hash of (seed, step, batch, module, row). In training as many as the followed run
// kept of the same rows, or the share `keep`; elsewhere the share that the last step kept.
@group(0) @binding(3) var<storage, read> counts: array<u32>;   // [batches, choice.counts]

fn hashOf(draw: u32, batch: u32, row: u32) -> u32 {
  return mixBits(mixBits(mixBits(mixBits(mixBits(choice.seed + 0x9e3779b9u) ^ draw) ^ (batch + 0x85ebca6bu)) ^
    (choice.salt + 0xc2b2ae35u)) ^ row);
}

// A pass that is no training step is none of its batches: its rows are others' than those of any step.
fn keyOf(row: u32) -> u32 {
  return hashOf(dims.draw, select(0xffff0000u | dims.kind, dims.batch, dims.kind == PASS_TRAIN), row);
}

fn wanted() -> u32 {
  if (dims.kind != PASS_TRAIN) { return shareOf(slot.share); }
  if (choice.count == NOBODY) { return shareOf(choice.keep); }
  return counts[dims.batch * choice.counts + choice.count];
}

fn learn(smallest: u32) {}

// By position, however many rows a pass has.
fn keepsAlone(row: u32) -> bool {
  return f32(hashOf(dims.draw + row, 0xffffffffu, 0u) >> 8u) < slot.share * 16777216.0;
}

// Marks an exact number of rows: those with the largest keys, of equal keys the first -> open [rows] = 0 or 1.
// Overwrites. `keyOf`, `wanted`, `learn` and `keepsAlone` come from a snippet. A decoding pass has few rows, so each
// decides alone. Of a batch that was cut, the rows of all parts are compared, and those of this part marked. One
// workgroup: the smallest key that is kept, found byte by byte in a histogram; then each thread marks one run of rows.
override WIDTH: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> open: array<u32>;
@group(0) @binding(2) var<storage, read_write> slot: GateSlot;

var<workgroup> bins: array<atomic<u32>, 256>;   // integer counts: any order gives the same
var<workgroup> ends: array<u32, WIDTH>;
var<workgroup> prefix: u32;                     // the smallest kept key, as far as it is known
var<workgroup> left: u32;                       // rows still wanted among those that share the prefix

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = select(dims.whole, dims.rows, dims.kind == PASS_DECODE);
  let run = (count + WIDTH - 1u) / WIDTH;
  let first = min(lane * run, count);
  let last = min(first + run, count);
  if (dims.kind == PASS_DECODE) {
    for (var row = first; row < last; row++) { open[row] = select(0u, 1u, keepsAlone(row)); }
    return;
  }
  if (lane == 0u) {
    prefix = 0u;
    left = min(wanted(), count);
  }
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    for (var b = lane; b < 256u; b += WIDTH) { atomicStore(&bins[b], 0u); }
    workgroupBarrier();
    for (var row = first; row < last; row++) {
      let key = keyOf(row);
      if (round == 0u || ((key ^ prefix) >> (shift + 8u)) == 0u) { atomicAdd(&bins[(key >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (lane == 0u) {
      for (var d = 256u; d > 0u; d--) {
        let inBin = atomicLoad(&bins[d - 1u]);
        if (inBin >= left) {
          prefix |= (d - 1u) << shift;
          break;
        }
        left -= inBin;
      }
    }
    workgroupBarrier();
  }
  var equal = 0u;
  for (var row = first; row < last; row++) { equal += select(0u, 1u, keyOf(row) == prefix); }
  ends[lane] = equal;
  workgroupBarrier();
  var before = 0u;
  for (var t = 0u; t < lane; t++) { before += ends[t]; }
  for (var row = first; row < last; row++) {
    let key = keyOf(row);
    let isEqual = key == prefix;
    // Rows before the part wrap round to a number past its last.
    let at = row - dims.before;
    if (at < dims.rows) { open[at] = select(0u, 1u, key > prefix || (isEqual && before < left)); }
    before += select(0u, 1u, isEqual);
  }
  if (lane == 0u && dims.kind == PASS_TRAIN && dims.before == 0u) { learn(prefix); }
}
