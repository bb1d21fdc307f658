// For columnSums.wgsl: gradOut [·, D], base [·, D] -> sums [D] += Σ gradOut ⊙ base.
@group(0) @binding(1) var<storage, read> gradOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> base: array<vec4f>;

fn term(row: u32, column: u32) -> vec4f {
  let at = row * D4 + column;
  return gradOut[at] * base[at];
}
