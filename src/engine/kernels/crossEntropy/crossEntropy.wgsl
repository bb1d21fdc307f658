// logits [rows, S], targets [rows] -> loss [rows]: loss = log Σ exp(logits) − logits[target] over the first VOCAB
// columns, in nats. With GRADIENT the logits are overwritten by (softmax − onehot(target)) · dims.lossScale, zero
// from column VOCAB on, and by slopeAt(logits): the gradient before a cap. The loss of a target that is not below VOCAB
// is NaN. One workgroup of WIDTH threads does one row; the sum is carried beside its running maximum (Milakov 2018).
override VOCAB: u32;
override S4: u32;  // S / 4
override GRADIENT: bool;
@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

const NONE = -1e30;  // below any logit; exp of it is 0

@compute @workgroup_size(WIDTH)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= dims.rows) { return; }
  let start = row * S4;
  let label = targets[row];
  let near = min(label, VOCAB - 1u);
  let labelLogit = logits[start + near / 4u][near % 4u];

  var top = NONE;
  var sum = 0.0;  // Σ exp(logit − top) over this thread's columns
  for (var i = lane; i * 4u < VOCAB; i += WIDTH) {
    let column = vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u);
    let x = select(vec4f(NONE), logits[start + i], column < vec4u(VOCAB));
    let high = max(max(max(x.x, x.y), max(x.z, x.w)), top);
    sum = sum * exp(top - high) + dot(exp(x - high), vec4f(1));
    top = high;
  }
  let rowTop = rowMax(top, lane);
  let logSum = log(rowSum(sum * exp(top - rowTop), lane));
  // A NaN that no compiler knows beforehand.
  if (lane == 0u) {
    loss[row] = select(bitcast<f32>(label | 0x7fc00000u), logSum + (rowTop - labelLogit), label < VOCAB);
  }

  if (GRADIENT) {
    storageBarrier();  // no thread overwrites the label's logit before all have read it
    for (var i = lane; i < S4; i += WIDTH) {
      let column = vec4u(i * 4u) + vec4u(0u, 1u, 2u, 3u);
      let y = logits[start + i];
      let p = exp((y - rowTop) - logSum) - select(vec4f(0), vec4f(1), column == vec4u(label));
      logits[start + i] = select(vec4f(0), p * dims.lossScale * slopeAt(y), column < vec4u(VOCAB));
    }
  }
}
