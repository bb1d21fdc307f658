// Score of every triplet of a module: sensitivity times uncertainty, E's own plus the means over A's row and B's
//   column:
//   iptA, uncA [RPAD, DIN], iptB, uncB [DOUT, RPAD], iptE, uncE [RPAD] -> scores [FIRST + r] for r < RANK. Overwrites.
// One workgroup of WIDTH threads does one rank.
override RPAD: u32;
override DIN: u32;
override DOUT: u32;
override FIRST: u32;
@group(0) @binding(0) var<storage, read> iptA: array<f32>;
@group(0) @binding(1) var<storage, read> uncA: array<f32>;
@group(0) @binding(2) var<storage, read> iptB: array<f32>;
@group(0) @binding(3) var<storage, read> uncB: array<f32>;
@group(0) @binding(4) var<storage, read> iptE: array<f32>;
@group(0) @binding(5) var<storage, read> uncE: array<f32>;
@group(0) @binding(6) var<storage, read_write> scores: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let r = group.x;
  var a = 0.0;
  for (var k = lane; k < DIN; k += WIDTH) { a += iptA[r * DIN + k] * uncA[r * DIN + k]; }
  let sumA = rowSum(a, lane);
  workgroupBarrier();
  var b = 0.0;
  for (var j = lane; j < DOUT; j += WIDTH) { b += iptB[j * RPAD + r] * uncB[j * RPAD + r]; }
  let sumB = rowSum(b, lane);
  if (lane == 0u) { scores[FIRST + r] = iptE[r] * uncE[r] + (sumA / f32(DIN) + sumB / f32(DOUT)); }
}
