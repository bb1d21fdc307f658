// What a choice goes by.
struct Choice {
  keep: f32,                      // share of the rows to keep, where nothing else says
  seed: u32,
  salt: u32,                      // which module it is, so that each draws its own rows
  count: u32,                     // where the followed run's count lies in a batch's counts; NOBODY = follows nobody
  counts: u32,                    // counts of one batch
  ofStep: u32,                    // 1: the keys are of all rows of the step; 0: of the pass's rows
}
const NOBODY: u32 = 0xffffffffu;
@group(0) @binding(4) var<uniform> choice: Choice;

fn shareOf(share: f32) -> u32 { return u32(floor(share * f32(dims.whole) + 0.5)); }
