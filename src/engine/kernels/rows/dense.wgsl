// Which rows a kernel runs over: all of them, segment after segment. Runs that share a pass lie `stride` rows apart, so
// that each can be bound alone; row i of the pass is row rowAt(i) of the tensors. Per-row tables that the host writes
// (token ids, positions) have no gaps: they are read at i.
@group(0) @binding(0) var<uniform> dims: Dims;
fn rowCount() -> u32 { return dims.rows * dims.segments; }
fn rowAt(i: u32) -> u32 {
  let segment = i / dims.rows;
  return segment * dims.stride + (i - segment * dims.rows);
}
