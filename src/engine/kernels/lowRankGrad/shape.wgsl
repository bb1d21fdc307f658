// Sizes of a module's two low-rank gradients: dB [4 · outs4, rank] and dA [rank, 4 · ins4].
struct Shape {
  outs4: u32,                     // dOut / 4
  ins4: u32,                      // dIn / 4
  rank4: u32,                     // rank / 4
  scaling: f32,                   // alpha / rank
  groupsB: u32,                   // workgroups of a chunk that make dB; the rest make dA
  firstA: u32,                    // where the gradients begin in what is bound of their buffer, in vec4
  firstB: u32,
}
