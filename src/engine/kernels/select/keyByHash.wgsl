// Random gate: rows in the order of a hash of (seed, step, batch, module, row). In training as many as the followed run
// kept of the same rows, or the share `keep`; elsewhere the share that the last step kept.
@group(0) @binding(3) var<storage, read> counts: array<u32>;   // [batches, choice.counts]

fn hashOf(draw: u32, batch: u32, row: u32) -> u32 {
  return mixBits(mixBits(mixBits(mixBits(mixBits(choice.seed + 0x9e3779b9u) ^ draw) ^ (batch + 0x85ebca6bu)) ^
    (choice.salt + 0xc2b2ae35u)) ^ row);
}

// A pass that is no training step is none of its batches: its rows are others' than those of any step.
fn keyOf(row: u32) -> u32 {
  return hashOf(dims.draw, select(0xffff0000u | dims.kind, dims.batch, dims.kind == PASS_TRAIN), row);
}

fn wanted() -> u32 {
  if (dims.kind != PASS_TRAIN) { return shareOf(slot.share); }
  if (choice.count == NOBODY) { return shareOf(choice.keep); }
  return counts[dims.batch * choice.counts + choice.count];
}

fn learn(smallest: u32) {}

// By position, however many rows a pass has.
fn keepsAlone(row: u32) -> bool {
  return f32(hashOf(dims.draw + row, 0xffffffffu, 0u) >> 8u) < slot.share * 16777216.0;
}
