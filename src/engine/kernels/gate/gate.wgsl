// Token gate and list of open rows: r by `ratioOf`, S by `keeps` ->
//   ratio [rows], open [rows] = S (0 or 1), activeList [1 + rows] = count, then the open rows ascending. Overwrites
//   all; adds to the StatSlot when `record`.
// One workgroup: each thread takes one run of rows, a scan over the threads says where its list begins.
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<uniform> slot: GateSlot;
@group(0) @binding(2) var<storage, read_write> ratio: array<f32>;
@group(0) @binding(3) var<storage, read_write> open: array<u32>;
@group(0) @binding(4) var<storage, read_write> activeList: array<u32>;
@group(0) @binding(5) var<storage, read_write> stat: StatSlot;

var<workgroup> bins: array<atomic<u32>, RATIO_BINS>;       // integer counts: any order gives the same

fn divUp(a: u32, b: u32) -> u32 { return (a + b - 1u) / b; }

// Notes r and S of one row; returns 1 when its gate is open.
fn keep(row: u32, r: f32) -> u32 {
  let kept = select(0u, 1u, keeps(row, r));
  ratio[row] = r;
  open[row] = kept;
  atomicAdd(&bins[ratioBin(r)], 1u);
  return kept;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lane: u32) {
  let run = divUp(dims.rows, WIDTH);
  let first = min(lane * run, dims.rows);
  let last = min(first + run, dims.rows);
  var mine = 0u;
  for (var row = first; row < last; row++) { mine += keep(row, ratioOf(row)); }
  var at = 1u + runningSum(mine, lane) - mine;
  for (var row = first; row < last; row++) {
    if (open[row] != 0u) {
      activeList[at] = row;
      at++;
    }
  }
  let count = ends[WIDTH - 1u];
  if (lane == 0u) { activeList[0] = count; }
  if (shape.record == 0u) { return; }
  for (var b = lane; b < RATIO_BINS; b += WIDTH) { stat.histogram[b] += atomicLoad(&bins[b]); }
  if (lane == 0u) {
    stat.tokens += dims.rows;
    stat.opened += count;
    let computed = divUp(count, shape.tileRows) * shape.tileRows;
    stat.forwardRows += computed;
    stat.dxRows += computed;
    stat.gradRows += count;
  }
}
