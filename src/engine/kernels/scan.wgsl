// Running sum over the WIDTH threads of a workgroup: each gets the sum up to and with its own; the last entry of `ends`
// is the whole. All threads must call it, in uniform control flow.
override WIDTH: u32;
var<workgroup> ends: array<u32, WIDTH>;

fn runningSum(own: u32, lane: u32) -> u32 {
  ends[lane] = own;
  workgroupBarrier();
  for (var step = 1u; step < WIDTH; step *= 2u) {
    var before = 0u;
    if (lane >= step) { before = ends[lane - step]; }
    workgroupBarrier();
    ends[lane] += before;
    workgroupBarrier();
  }
  return ends[lane];
}
