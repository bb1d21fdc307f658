// r of AT_ONCE rows: z [rows, rank], gram [rank, rank] = BᵀB, squares [rows, parts] = partial sums of y² ->
//   sqrt(s² zᵀGz) / (‖y‖₂ + 1e-6). Nothing as wide as the module's output is read.
// Software adapters take four rows at once, which share what is loaded of G; a GPU gives each thread one (AT_ONCE = 1).
@group(0) @binding(RATIO_AT) var<storage, read> z: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 1) var<storage, read> gram: array<vec4<f32>>;
@group(0) @binding(RATIO_AT + 2) var<storage, read> squares: array<f32>;

// The k-th vec4 of z of each row.
fn zOf(rows: vec4<u32>, k: u32) -> mat4x4<f32> {
  let at = rows * shape.rank4 + k;
  if (AT_ONCE == 1u) { return mat4x4<f32>(z[at.x], vec4<f32>(), vec4<f32>(), vec4<f32>()); }
  return mat4x4<f32>(z[at.x], z[at.y], z[at.z], z[at.w]);
}

// zᵢᵀ G zⱼ of each row, for one block of G.
fn blockOf(i: u32, j: u32, zi: mat4x4<f32>, zj: mat4x4<f32>) -> vec4<f32> {
  let rank4 = shape.rank4;
  let at = 4u * i * rank4 + j;
  let gz = transpose(mat4x4<f32>(gram[at], gram[at + rank4], gram[at + 2u * rank4], gram[at + 3u * rank4])) * zj;
  return vec4<f32>(dot(zi[0], gz[0]), dot(zi[1], gz[1]), dot(zi[2], gz[2]), dot(zi[3], gz[3]));
}

fn ySquaresOf(rows: vec4<u32>) -> vec4<f32> {
  var sum = vec4<f32>();
  var at = rows * shape.parts;
  let last = at.x + shape.parts;
  loop {
    if (AT_ONCE == 1u) { sum.x += squares[at.x]; } else { sum += vec4<f32>(squares[at.x], squares[at.y], squares[at.z], squares[at.w]); }
    continuing {
      at += vec4<u32>(1u);
      break if at.x >= last;
    }
  }
  return sum;
}

// r of the rows from `first` on; those past `last` repeat it. Loops are tested at their end: with the test first, a
// software adapter runs the body once more than it must.
fn ratiosFrom(first: u32, last: u32) -> vec4<f32> {
  let rows = min(first + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last));
  // G is symmetric: blocks of 4 × 4 below its diagonal stand for those above.
  var delta2 = vec4<f32>();
  var i = 0u;
  loop {
    let zi = zOf(rows, i);
    var j = 0u;
    loop {
      delta2 += select(2.0, 1.0, i == j) * blockOf(i, j, zi, zOf(rows, j));
      continuing {
        j++;
        break if j > i;
      }
    }
    continuing {
      i++;
      break if i >= shape.rank4;
    }
  }
  // Rounding may leave a tiny negative; -0 must not reach the histogram either.
  let delta = select(vec4<f32>(), shape.scaling * sqrt(delta2), delta2 > vec4<f32>());
  return delta / (sqrt(ySquaresOf(rows)) + 1e-6);
}
