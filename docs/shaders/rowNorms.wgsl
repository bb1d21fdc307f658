enable f16;
// Weights as f16, for adapters with shader-f16 (the composer puts enable f16; first); arithmetic stays f32.
@group(0) @binding(2) var<storage, read> w: array<vec4<f16>>;
fn loadW(index4: u32) -> vec4f { return vec4f(w[index4]); }

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

// Norms of the rows of a frozen matrix: W [rows, 4 · K4] by `loadW` -> squares [rows] = Σ W², norms [rows] = its root.
// Overwrites. One workgroup of WIDTH threads does one row.
override K4: u32;
override ROWS: u32;
@group(0) @binding(0) var<storage, read_write> squares: array<f32>;
@group(0) @binding(1) var<storage, read_write> norms: array<f32>;

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= ROWS) { return; }
  var sum = 0.0;
  for (var k = lane; k < K4; k += WIDTH) {
    let w = loadW(row * K4 + k);
    sum += dot(w, w);
  }
  let total = rowSum(sum, lane);
  if (lane == 0u) {
    squares[row] = total;
    norms[row] = sqrt(total);
  }
}
