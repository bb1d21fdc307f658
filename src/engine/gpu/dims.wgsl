// What a kernel must know about the pass it runs in. Bound as a uniform; written by the host before a submit.
struct Dims {
  rows: u32,           // rows of one segment (tokens of a run, or one chunk of supervised tokens)
  supervised: u32,     // supervised tokens of this micro-batch, in one segment
  lossScale: f32,      // 1 / N_sup of the whole accumulated batch
  tokens: u32,         // T: tokens of the whole accumulated batch
  segments: u32,       // runs whose rows are stacked
  stride: u32,         // rows from the start of one segment to the next
  dropoutKey: u32,     // of this micro-batch's masks; 0 = nothing is dropped
  unused: u32,
}
