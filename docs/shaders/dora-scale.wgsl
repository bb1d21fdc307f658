// DoRA's scale of every output j of a module: squares [dOut] = ‖W0_j‖², product [rank, dOut] = A W0ᵀ, gram [rank, rank]
//   = A Aᵀ, b [dOut, rank], m [dOut] -> n = ‖W0_j + s B_j A‖ = √(‖W0_j‖² + 2 s B_j·(A W0_jᵀ) + s² B_j (A Aᵀ) B_jᵀ),
//   change = m/n − 1, scaledB = m/n · B. Overwrites.
// A thread does one output.
override DOUT: u32;
override RANK4: u32;
override SCALING: f32;
@group(0) @binding(0) var<storage, read> squares: array<f32>;
@group(0) @binding(1) var<storage, read> product: array<f32>;
@group(0) @binding(2) var<storage, read> gram: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read> m: array<f32>;
@group(0) @binding(5) var<storage, read_write> norm: array<f32>;
@group(0) @binding(6) var<storage, read_write> change: array<f32>;
@group(0) @binding(7) var<storage, read_write> scaledB: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let j = id.x;
  if (j >= DOUT) { return; }
  var cross = 0.0;
  var own = 0.0;
  for (var r = 0u; r < RANK4; r++) {
    let row = b[j * RANK4 + r];
    let at = 4u * r * DOUT + j;
    cross += dot(row, vec4f(product[at], product[at + DOUT], product[at + 2u * DOUT], product[at + 3u * DOUT]));
    var g = vec4f();
    for (var q = 0u; q < RANK4; q++) {
      let other = b[j * RANK4 + q];
      let first = 4u * r * RANK4 + q;
      g += vec4f(dot(gram[first], other), dot(gram[first + RANK4], other), dot(gram[first + 2u * RANK4], other),
        dot(gram[first + 3u * RANK4], other));
    }
    own += dot(row, g);
  }
  let n = sqrt(max(squares[j] + SCALING * (2.0 * cross + SCALING * own), 0.0));
  norm[j] = n;
  // Exactly 0 where nothing was learnt, also in rows of zeros: division need not be exact.
  let c = select((m[j] - n) / n, 0.0, m[j] == n);
  change[j] = c;
  for (var r = 0u; r < RANK4; r++) { scaledB[j * RANK4 + r] = (1.0 + c) * b[j * RANK4 + r]; }
}
