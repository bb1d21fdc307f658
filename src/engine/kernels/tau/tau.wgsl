// Threshold update of all modules of a run (the reconstructed TS-PEFT rule, or the literal one), once per optimizer
//   step: slots [modules] (updated), stats [modules], rho {ρ, step used} (updated).
// One workgroup: threads take the modules' medians of r, thread 0 their EMA ρ, threads the updates.
override THREADS: u32;
override MODULES: u32;
override OWN_RHO: bool;            // every module has a ρ of its own, and its own step
override OWN_SUM: bool;            // g from the rule's own sum instead of Σ c μ
override LITERAL: bool;            // g is multiplied by s, so that ε is not negligible

struct TauHyper {
  lambda: f32,                    // sparsity penalty of an active token
  tauLearningRate: f32,                   // step size s; negative = 3 ρ / stepsLeft
  stepsLeft: f32,                 // steps − tauWarmup
  enabled: u32,                   // 0 during the warm-up: nothing moves
  beta1: f32,
  beta2: f32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> hyper: TauHyper;
@group(0) @binding(1) var<storage, read_write> slots: array<GateSlot>;
@group(0) @binding(2) var<storage, read> stats: array<StatSlot>;
@group(0) @binding(3) var<storage, read_write> rho: array<f32, 2>;

var<workgroup> medians: array<f32, MODULES>;
var<workgroup> middle: array<f32, 2>;          // the one or two middle medians
var<workgroup> stepSize: f32;

fn disagreement(index: u32) -> f32 {
  var sum = 0.0;
  for (var part = 0u; part < MU_PARTS; part++) {
    sum += select(stats[index].mu[part].z, stats[index].mu[part].w, OWN_SUM);
  }
  return sum;
}

// betaᵗ by squaring: pow() is not exact enough for 1 − betaᵗ at small t.
fn power(beta: f32, t: u32) -> f32 {
  var result = 1.0;
  var square = beta;
  for (var n = t; n > 0u; n >>= 1u) {
    if ((n & 1u) == 1u) { result *= square; }
    square *= square;
  }
  return result;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (hyper.enabled == 0u) { return; }
  for (var i = lane; i < MODULES; i += THREADS) { medians[i] = medianOf(i); }
  workgroupBarrier();
  // Each median's place in the sorted order; equal ones keep the modules' order.
  for (var i = lane; i < MODULES; i += THREADS) {
    let value = medians[i];
    var place = 0u;
    for (var j = 0u; j < MODULES; j++) {
      if (medians[j] < value || (medians[j] == value && j < i)) { place++; }
    }
    if (place == (MODULES - 1u) / 2u) { middle[0] = value; }
    if (place == MODULES / 2u) { middle[1] = value; }
  }
  workgroupBarrier();
  if (lane == 0u) {
    let now = 0.5 * (middle[0] + middle[1]);
    let next = select(0.9 * rho[0] + 0.1 * now, now, slots[0].updates == 0u);
    stepSize = select(hyper.tauLearningRate, 3.0 * next / hyper.stepsLeft, hyper.tauLearningRate < 0.0);
    rho[0] = next;
    rho[1] = stepSize;
  }
  workgroupBarrier();
  for (var i = lane; i < MODULES; i += THREADS) {
    var size = stepSize;
    if (OWN_RHO) {
      slots[i].rho = select(0.9 * slots[i].rho + 0.1 * medians[i], medians[i], slots[i].updates == 0u);
      size = select(hyper.tauLearningRate, 3.0 * slots[i].rho / hyper.stepsLeft, hyper.tauLearningRate < 0.0);
    }
    slots[i].step = size;
    let g = select(1.0, size, LITERAL) * (-disagreement(i) - hyper.lambda * f32(stats[i].opened));
    // A sum that overflowed teaches nothing: the threshold stands still, as A and B do.
    if ((bitcast<u32>(g) & 0x7f800000u) == 0x7f800000u) { continue; }
    let t = slots[i].updates + 1u;
    let m = hyper.beta1 * slots[i].m + (1.0 - hyper.beta1) * g;
    let v = hyper.beta2 * slots[i].v + (1.0 - hyper.beta2) * g * g;
    let mHat = m / (1.0 - power(hyper.beta1, t));
    let vHat = v / (1.0 - power(hyper.beta2, t));
    slots[i].tau = max(0.0, slots[i].tau - size * mHat / (sqrt(vHat) + hyper.eps));
    slots[i].m = m;
    slots[i].v = v;
    slots[i].updates = t;
  }
}
