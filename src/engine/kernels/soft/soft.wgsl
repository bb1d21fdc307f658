// The soft threshold: an active update Δ is multiplied with κ = 1 − τ/r.
fn shrinkage(r: f32, tau: f32) -> f32 { return select(1.0 - tau / r, 1.0, tau == 0.0); }

// What Δ is multiplied with in the gradient of Δ, beside κ g: ((1 − κ) μ + λ r)/‖Δ‖². r follows Δ, and the penalty is λ
//   r.
fn alongDelta(kappa: f32, mu: f32, penalty: f32, deltaSquared: f32) -> f32 {
  return select(0.0, ((1.0 - kappa) * mu + penalty) / deltaSquared, deltaSquared > 0.0);
}
