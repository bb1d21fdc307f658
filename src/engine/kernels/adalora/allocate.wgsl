// Which triplets stay: scores [MODULES · RANK], never negative -> kept [MODULES · RANK] = score > the drop-th smallest
//   one (all where drop is 0), when `allocate`; then, when `mask`, E = 0 where not kept. E of module m begins at float
//   starts[m] of params. One workgroup of WIDTH threads: the threshold is found bit by bit, from the top, by counting,
//   so it is exact.
override WIDTH: u32;
override MODULES: u32;
override RANK: u32;
@group(0) @binding(1) var<storage, read> scores: array<u32>;     // bits of f32: in the same order when not negative
@group(0) @binding(2) var<storage, read> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> kept: array<u32>;
@group(0) @binding(4) var<storage, read_write> params: array<f32>;

var<workgroup> zeros: atomic<u32>;     // integer counts: any order gives the same

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = MODULES * RANK;
  if (hyper.allocate == 1u) {
    var threshold = 0u;
    var wanted = min(hyper.drop, count);
    for (var bit = 31; bit >= 0; bit--) {
      if (lane == 0u) { atomicStore(&zeros, 0u); }
      workgroupBarrier();
      var mine = 0u;
      for (var i = lane; i < count; i += WIDTH) {
        // As the threshold so far above this bit, and 0 in it.
        if ((scores[i] >> u32(bit)) == (threshold >> u32(bit))) { mine++; }
      }
      atomicAdd(&zeros, mine);
      workgroupBarrier();
      let found = atomicLoad(&zeros);
      if (wanted > found) {
        wanted -= found;
        threshold |= 1u << u32(bit);
      }
      workgroupBarrier();
    }
    for (var i = lane; i < count; i += WIDTH) { kept[i] = select(0u, 1u, hyper.drop == 0u || scores[i] > threshold); }
  }
  if (hyper.mask == 0u) { return; }
  for (var i = lane; i < count; i += WIDTH) {
    if (kept[i] == 0u) { params[starts[i / RANK] + i % RANK] = 0.0; }
  }
}
