// For columnSums.wgsl: gradLogit [rows], x [rows, D] -> gradW [D] += Σ gradLogit x.
@group(0) @binding(1) var<storage, read> gradLogit: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;

fn term(row: u32, column: u32) -> vec4f { return gradLogit[row] * x[row * D4 + column]; }
