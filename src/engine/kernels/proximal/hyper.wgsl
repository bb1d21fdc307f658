// What the proximal steps of a run must know.
struct ProximalHyper {
  tokens: u32,                    // T of the batch that gate gradients come from
  enabled: u32,                   // 0: nothing moves
  lambda: f32,                    // λ: sparsity penalty of an active token
  half: f32,                      // 1/2η; 0 = unbounded step
}
