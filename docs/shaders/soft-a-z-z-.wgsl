// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }

// along [·], z [·, R] -> moment [R, R] += Σ along · z zᵀ over the open rows. A workgroup does four rows by four
// columns: thread t adds rows t, t + WIDTH, …, then a tree: always the same order.
override WIDTH: u32;
override R4: u32;
@group(0) @binding(1) var<storage, read> along: array<f32>;
@group(0) @binding(2) var<storage, read> z: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> moment: array<vec4f>;

var<workgroup> sums: array<mat4x4f, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) block: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = mat4x4f();
  for (var i = lane; i < rowCount(); i += WIDTH) {
    let row = rowAt(i);
    let left = along[row] * z[row * R4 + block.y];
    let right = z[row * R4 + block.x];
    sum += mat4x4f(left.x * right, left.y * right, left.z * right, left.w * right);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WIDTH / 2u; half > 0u; half /= 2u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane < 4u) { moment[(4u * block.y + lane) * R4 + block.x] += sums[0][lane]; }
}
