// Sum and maximum over the WIDTH threads of a workgroup (a power of two), in a fixed order. All threads must
// call them, in uniform control flow; all get the result.
override WIDTH: u32 = 64u;
var<workgroup> lanes: array<f32, WIDTH>;

fn rowSum(value: f32, lane: u32) -> f32 {
  lanes[lane] = value;
  for (var half = WIDTH / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { lanes[lane] += lanes[lane + half]; }
  }
  return workgroupUniformLoad(&lanes[0]);
}

fn rowMax(value: f32, lane: u32) -> f32 {
  lanes[lane] = value;
  for (var half = WIDTH / 2u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { lanes[lane] = max(lanes[lane], lanes[lane + half]); }
  }
  return workgroupUniformLoad(&lanes[0]);
}
