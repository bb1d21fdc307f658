// How many rows of a batch a module kept: activeList[0] is added to counts [batches, COUNTS], entry MODULE, in
// training: once for each part of the batch.
override MODULE: u32;
override COUNTS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> activeList: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

@compute @workgroup_size(1)
fn main() {
  if (dims.kind == PASS_TRAIN) { counts[dims.batch * COUNTS + MODULE] += activeList[0]; }
}
