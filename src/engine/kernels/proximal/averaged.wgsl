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
