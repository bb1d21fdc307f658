// g [rows, N], x [rows, K] -> gradW [N, K] += Σ_rows g[row, n] · x[row, k] and, with BIAS, gradBias [N] += Σ_rows
// g[row, n]. grads begins with gradW; gradBias begins at vec4 BIAS_AT of it. Always in the same order. One thread does
// four neighbours of one row of gradW; those behind them four numbers of gradBias.
override N4: u32;  // N / 4
override K4: u32;  // K / 4
override BIAS: bool;
override BIAS_AT: u32;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> grads: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * 64u + lane;
  let weights = N4 * 4u * K4;
  var sum = vec4f(0);
  if (i < weights) {
    let n = i / K4;
    for (var r = 0u; r < rowCount(); r++) {
      let row = rowAt(r);
      sum += g[row * N4 + n / 4u][n % 4u] * x[row * K4 + i % K4];
    }
    grads[i] += sum;
  } else if (BIAS && i < weights + N4) {
    let n = i - weights;
    for (var r = 0u; r < rowCount(); r++) { sum += g[rowAt(r) * N4 + n]; }
    grads[BIAS_AT + n] += sum;
  }
}
