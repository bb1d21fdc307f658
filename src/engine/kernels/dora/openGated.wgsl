// S of every row, as the gate left it.
@group(0) @binding(4) var<storage, read> open: array<u32>;
fn isOpen(row: u32) -> bool { return open[row] != 0u; }
