// Compaction: open [rows] -> activeList [1 + rows] = count, then the open rows ascending (overwrites);
//   args [4] = workgroups {x, y, z, unused} of four indirect dispatches (overwrites); adds to the StatSlot.
// One workgroup: each thread takes one run of rows, a scan over the threads says where its list begins.
override WIDTH: u32;
override ROWS_0: u32;             // rows per workgroup and column groups of: B z,
override ROWS_1: u32;             //   the adapter's dx,
override ROWS_2: u32;             //   dB,
override ROWS_3: u32;             //   dA
override COLS_0: u32;
override COLS_1: u32;
override COLS_2: u32;
override COLS_3: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> open: array<u32>;
@group(0) @binding(2) var<storage, read_write> activeList: array<u32>;
@group(0) @binding(3) var<storage, read_write> args: array<vec4<u32>, 4>;
@group(0) @binding(4) var<storage, read_write> stat: StatSlot;

var<workgroup> ends: array<u32, WIDTH>;        // open rows up to and with this thread's

fn divUp(a: u32, b: u32) -> u32 { return (a + b - 1u) / b; }

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let run = divUp(dims.rows, WIDTH);
  let first = min(lane * run, dims.rows);
  let last = min(first + run, dims.rows);
  var mine = 0u;
  for (var row = first; row < last; row++) { mine += open[row]; }
  ends[lane] = mine;
  workgroupBarrier();
  for (var step = 1u; step < WIDTH; step *= 2u) {
    var before = 0u;
    if (lane >= step) { before = ends[lane - step]; }
    workgroupBarrier();
    ends[lane] += before;
    workgroupBarrier();
  }
  var at = 1u + ends[lane] - mine;
  for (var row = first; row < last; row++) {
    if (open[row] != 0u) {
      activeList[at] = row;
      at++;
    }
  }
  if (lane == 0u) {
    let count = ends[WIDTH - 1u];
    activeList[0] = count;
    args[0] = vec4<u32>(divUp(count, ROWS_0), COLS_0, 1u, 0u);
    args[1] = vec4<u32>(divUp(count, ROWS_1), COLS_1, 1u, 0u);
    args[2] = vec4<u32>(divUp(count, ROWS_2), COLS_2, 1u, 0u);
    args[3] = vec4<u32>(divUp(count, ROWS_3), COLS_3, 1u, 0u);
    stat.tokens += dims.rows;
    stat.opened += count;
    stat.forwardRows += divUp(count, ROWS_0) * ROWS_0;
    stat.dxRows += divUp(count, ROWS_1) * ROWS_1;
    stat.backwardRows += divUp(count, ROWS_2) * ROWS_2;
  }
}
