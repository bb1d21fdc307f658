// Rows of a kernel that works on every row. Takes binding 0.
@group(0) @binding(0) var<uniform> dims: Dims;

fn rowTotal() -> u32 { return dims.rows; }
fn rowAt(i: u32) -> u32 { return i; }
