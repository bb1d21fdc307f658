// Every thread loads its own weights.
// The 4 × 4 piece of W at k-quad `k` and the columns of vec4 `column`: piece · a adds that quad to all four outputs.
fn weights(k: u32, column: u32, lane: u32) -> mat4x4f {
  let inside = min(column, shape.n - 1u);
  if (TRANSPOSED) {
    let at = inside * 4u * shape.k + k;
    return transpose(mat4x4f(loadW(at), loadW(at + shape.k), loadW(at + 2u * shape.k), loadW(at + 3u * shape.k)));
  }
  let at = k * 4u * shape.n + inside;
  return mat4x4f(loadW(at), loadW(at + shape.n), loadW(at + 2u * shape.n), loadW(at + 3u * shape.n));
}
