// What AdaLoRA does after this optimizer step.
struct AdaloraHyper {
  rate1: f32,                     // 1 − beta1, of the sensitivity's average
  rate2: f32,                     // 1 − beta2, of its uncertainty's
  clip: f32,                      // largest gradient norm; 0 = no clipping
  learn: u32,                     // 1: sensitivity is measured
  allocate: u32,                  // 1: `kept` is chosen anew
  mask: u32,                      // 1: singular values that are not kept become 0
  drop: u32,                      // how many of them go, those of equal score with them
}
@group(0) @binding(0) var<uniform> hyper: AdaloraHyper;
