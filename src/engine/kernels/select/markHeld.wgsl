// Gates that are held: open [rows] = what `held` says of a row of the step in a training pass, 1 = skipped and 2 =
// active; where it says 0, and in all other passes, r >= tau. Overwrites. A thread does one row.
override THREADS: u32;

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<uniform> slot: GateSlot;
@group(0) @binding(2) var<storage, read> ratio: array<f32>;
@group(0) @binding(3) var<storage, read> held: array<u32>;
@group(0) @binding(4) var<storage, read_write> open: array<u32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= dims.rows) { return; }
  var said = 0u;
  if (dims.kind == PASS_TRAIN) { said = held[dims.first + id.x]; }
  open[id.x] = select(0u, 1u, select(ratio[id.x] >= slot.tau, said == 2u, said != 0u));
}
