// out[row, n] (+)= SCALE · Σ_k a[row, k] · W(n, k)      for the rows that `rowAt` names
//
// a   [*, K]   W [N, K] when TRANSPOSED (a linear layer's weight), else [K, N] (its input gradient)
// out [*, N]   overwritten, or added to when ACCUMULATE
// K and N are multiples of 4. A thread makes an 8 × 4 tile in registers: 8 rows by one vec4 of columns; no
// workgroup memory, which software adapters punish. A workgroup covers 8·WY rows (x) and 4·WX columns (y).
override N: u32;
override K: u32;
override WX: u32;
override WY: u32;
override SCALE: f32;

@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

fn store(slot: u32, count: u32, column: u32, value: vec4f) {
  if (slot >= count) { return; }
  let at = rowAt(slot) * (N / 4u) + column;
  if (ACCUMULATE) { out[at] += SCALE * value; } else { out[at] = SCALE * value; }
}

@compute @workgroup_size(WX, WY) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let n4 = N / 4u;
  let k4 = K / 4u;
  let count = rowCount();
  let column = group.y * WX + local.x;
  let first = (group.x * WY + local.y) * 8u;
  if (column >= n4 || first >= count) { return; }
  let last = count - 1u;
  let p0 = rowAt(first) * k4;
  let p1 = rowAt(min(first + 1u, last)) * k4;
  let p2 = rowAt(min(first + 2u, last)) * k4;
  let p3 = rowAt(min(first + 3u, last)) * k4;
  let p4 = rowAt(min(first + 4u, last)) * k4;
  let p5 = rowAt(min(first + 5u, last)) * k4;
  let p6 = rowAt(min(first + 6u, last)) * k4;
  let p7 = rowAt(min(first + 7u, last)) * k4;
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  var c4 = vec4f(); var c5 = vec4f(); var c6 = vec4f(); var c7 = vec4f();
  for (var k = 0u; k < k4; k++) {
    var b: mat4x4f;  // b[i] = the four columns of W's row 4k + i
    if (TRANSPOSED) {
      let at = column * 4u * k4 + k;
      b = transpose(mat4x4f(loadW(at), loadW(at + k4), loadW(at + 2u * k4), loadW(at + 3u * k4)));
    } else {
      let at = k * 4u * n4 + column;
      b = mat4x4f(loadW(at), loadW(at + n4), loadW(at + 2u * n4), loadW(at + 3u * n4));
    }
    c0 += b * a[p0 + k];
    c1 += b * a[p1 + k];
    c2 += b * a[p2 + k];
    c3 += b * a[p3 + k];
    c4 += b * a[p4 + k];
    c5 += b * a[p5 + k];
    c6 += b * a[p6 + k];
    c7 += b * a[p7 + k];
  }
  store(first, count, column, c0);
  store(first + 1u, count, column, c1);
  store(first + 2u, count, column, c2);
  store(first + 3u, count, column, c3);
  store(first + 4u, count, column, c4);
  store(first + 5u, count, column, c5);
  store(first + 6u, count, column, c6);
  store(first + 7u, count, column, c7);
}
