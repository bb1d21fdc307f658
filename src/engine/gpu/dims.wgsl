// What a kernel must know about the pass it runs in. Bound as a uniform; written by the host before a submit.
struct Dims {
  rows: u32,           // rows of this dispatch (tokens, supervised tokens, or one chunk of either)
  supervised: u32,     // supervised tokens of this micro-batch
  lossScale: f32,      // 1 / N_sup of the whole accumulated batch
  tokens: u32,         // T: tokens of the whole accumulated batch
}
