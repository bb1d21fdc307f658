// The share of tokens that each module kept in a step: stats [modules] -> slots[m].share. A thread does one module.
override THREADS: u32;
override MODULES: u32;

@group(0) @binding(0) var<storage, read> stats: array<StatSlot>;
@group(0) @binding(1) var<storage, read_write> slots: array<GateSlot>;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < MODULES && stats[id.x].tokens > 0u) {
    slots[id.x].share = f32(stats[id.x].opened) / f32(stats[id.x].tokens);
  }
}
