// For columnSums.wgsl: g [rows, D], open [rows] -> gradB [D] += Σ g over rows whose gate is closed.
@group(0) @binding(1) var<storage, read> open: array<u32>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;

fn term(row: u32, column: u32) -> vec4f {
  if (open[row] != 0u) { return vec4f(); }
  return g[row * D4 + column];
}
