// A number from numbers: every bit of the result depends on every bit that went in. TypeScript twin: dropout.ref.ts.
fn mixBits(value: u32) -> u32 {
  var v = value;
  v = (v ^ (v >> 16u)) * 0x21f0aaadu;
  v = (v ^ (v >> 15u)) * 0x735a2d97u;
  return v ^ (v >> 15u);
}
