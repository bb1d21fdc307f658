// Scores held within ±CAP: CAP · tanh(x / CAP), and the slope of that where its value is y. tanh by its series near 0,
// where exp would cancel.
override CAP: f32;
fn capped(x: vec4f) -> vec4f {
  let u = x / CAP;
  let squares = u * u;
  let near = u * (1.0 + squares *
    (-0.333333333 + squares * (0.133333333 + squares * (-0.0539682540 + squares * 0.0218694885))));
  let far = 1.0 - 2.0 / (1.0 + exp(2.0 * min(abs(u), vec4f(10.0))));
  // u / |u| is its sign, and NaN where u is.
  return CAP * select(far * u / abs(u), near, abs(u) < vec4f(0.25));
}
fn slopeAt(y: vec4f) -> vec4f {
  let t = y / CAP;
  return 1.0 - t * t;
}
