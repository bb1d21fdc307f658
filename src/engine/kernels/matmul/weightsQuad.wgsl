// The four lanes of a quad work on the same columns, so each loads a quarter of the weights and tells the others.
// The 4 × 4 piece of W at k-quad `k` and the columns of vec4 `column`: piece · a adds that quad to all four outputs.
fn weights(k: u32, column: u32, lane: u32) -> mat4x4f {
  let inside = min(column, shape.n - 1u);
  if (TRANSPOSED) {
    let own = loadW((inside * 4u + lane) * shape.k + k);
    return transpose(mat4x4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u)));
  }
  let own = loadW((k * 4u + lane) * shape.n + inside);
  return mat4x4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
