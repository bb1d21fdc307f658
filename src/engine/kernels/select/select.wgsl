// Marks an exact number of rows: those with the largest keys, of equal keys the first -> open [rows] = 0 or 1.
// Overwrites. `keyOf`, `wanted`, `learn` and `keepsAlone` come from a snippet. A decoding pass has few rows, so each
// decides alone. Of a batch that was cut, the rows of all parts are compared, and those of this part marked. One
// workgroup: the smallest key that is kept, found byte by byte in a histogram; then each thread marks one run of rows.
override WIDTH: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read_write> open: array<u32>;
@group(0) @binding(2) var<storage, read_write> slot: GateSlot;

var<workgroup> bins: array<atomic<u32>, 256>;   // integer counts: any order gives the same
var<workgroup> ends: array<u32, WIDTH>;
var<workgroup> prefix: u32;                     // the smallest kept key, as far as it is known
var<workgroup> left: u32;                       // rows still wanted among those that share the prefix

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = select(dims.whole, dims.rows, dims.kind == PASS_DECODE);
  let run = (count + WIDTH - 1u) / WIDTH;
  let first = min(lane * run, count);
  let last = min(first + run, count);
  if (dims.kind == PASS_DECODE) {
    for (var row = first; row < last; row++) { open[row] = select(0u, 1u, keepsAlone(row)); }
    return;
  }
  if (lane == 0u) {
    prefix = 0u;
    left = min(wanted(), count);
  }
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    for (var b = lane; b < 256u; b += WIDTH) { atomicStore(&bins[b], 0u); }
    workgroupBarrier();
    for (var row = first; row < last; row++) {
      let key = keyOf(row);
      if (round == 0u || ((key ^ prefix) >> (shift + 8u)) == 0u) { atomicAdd(&bins[(key >> shift) & 255u], 1u); }
    }
    workgroupBarrier();
    if (lane == 0u) {
      for (var d = 256u; d > 0u; d--) {
        let inBin = atomicLoad(&bins[d - 1u]);
        if (inBin >= left) {
          prefix |= (d - 1u) << shift;
          break;
        }
        left -= inBin;
      }
    }
    workgroupBarrier();
  }
  var equal = 0u;
  for (var row = first; row < last; row++) { equal += select(0u, 1u, keyOf(row) == prefix); }
  ends[lane] = equal;
  workgroupBarrier();
  var before = 0u;
  for (var t = 0u; t < lane; t++) { before += ends[t]; }
  for (var row = first; row < last; row++) {
    let key = keyOf(row);
    let isEqual = key == prefix;
    // Rows before the part wrap round to a number past its last.
    let at = row - dims.before;
    if (at < dims.rows) { open[at] = select(0u, 1u, key > prefix || (isEqual && before < left)); }
    before += select(0u, 1u, isEqual);
  }
  if (lane == 0u && dims.kind == PASS_TRAIN && dims.before == 0u) { learn(prefix); }
}
