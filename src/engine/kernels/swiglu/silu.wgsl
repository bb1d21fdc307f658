// The logistic function. Below −80 its value (under 1e-34) is held there, so that exp stays finite.
fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(min(-x, vec4f(80.0)))); }
