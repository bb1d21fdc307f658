// Token gate: z [rows, RANK], gram [RANK, RANK], y [rows, DOUT], threshold ->
//   ratio [rows] = sqrt(s² zᵀGz) / (‖y‖₂ + 1e-6), open [rows] = ratio >= tau (0 or 1). Overwrites both;
//   adds to hist [64] when RECORD. One workgroup per row, its WIDTH threads share the row.
override WIDTH: u32;
override RANK4: u32;              // rank / 4
override DOUT4: u32;              // dOut / 4
override SCALING: f32;            // s = alpha / rank
override RECORD: bool;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gram: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> slot: GateSlot;
@group(0) @binding(5) var<storage, read_write> ratio: array<f32>;
@group(0) @binding(6) var<storage, read_write> open: array<u32>;
@group(0) @binding(7) var<storage, read_write> hist: array<atomic<u32>, RATIO_BINS>;

var<workgroup> sums: array<vec2<f32>, WIDTH>;   // (zᵀGz, ‖y‖²)

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  if (row >= dims.rows) { return; }
  var sum = vec2<f32>();
  for (var i = lane; i < 4u * RANK4; i += WIDTH) {
    var gz = 0.0;
    for (var j = 0u; j < RANK4; j++) { gz += dot(gram[i * RANK4 + j], z[row * RANK4 + j]); }
    sum.x += z[row * RANK4 + i / 4u][i % 4u] * gz;
  }
  for (var c = lane; c < DOUT4; c += WIDTH) {
    let v = y[row * DOUT4 + c];
    sum.y += dot(v, v);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane == 0u) {
    let delta2 = sums[0].x;
    // Rounding may leave a tiny negative; -0 must not reach the histogram either.
    let delta = select(0.0, SCALING * sqrt(delta2), delta2 > 0.0);
    let r = delta / (sqrt(sums[0].y) + 1e-6);
    ratio[row] = r;
    open[row] = select(0u, 1u, r >= slot.tau);
    if (RECORD) { atomicAdd(&hist[ratioBin(r)], 1u); }
  }
}
