// Gate gradients of a micro-batch of one module by bin of r's histogram: ratio [rows], mu [rows] -> sums [RATIO_BINS] =
// Σ mu of the bin's rows, added, in passes of the kind that gate gradients come from. One workgroup: each thread sums
// one run of rows in order, then the threads' sums are added in order.
override WIDTH: u32;
override KIND: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> ratio: array<f32>;
@group(0) @binding(2) var<storage, read> mu: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32, RATIO_BINS>;

var<workgroup> parts: array<f32, WIDTH * RATIO_BINS>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  if (dims.kind != KIND) { return; }
  for (var b = 0u; b < RATIO_BINS; b++) { parts[lane * RATIO_BINS + b] = 0.0; }
  let run = (dims.rows + WIDTH - 1u) / WIDTH;
  let first = min(lane * run, dims.rows);
  let last = min(first + run, dims.rows);
  for (var row = first; row < last; row++) { parts[lane * RATIO_BINS + ratioBin(ratio[row])] += mu[row]; }
  workgroupBarrier();
  for (var b = lane; b < RATIO_BINS; b += WIDTH) {
    var sum = 0.0;
    for (var t = 0u; t < WIDTH; t++) { sum += parts[t * RATIO_BINS + b]; }
    sums[b] += sum;
  }
}
