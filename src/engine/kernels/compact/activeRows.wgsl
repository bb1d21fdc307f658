// Rows of a kernel that works on the open rows only: the list `compact` made. Takes binding 0.
@group(0) @binding(0) var<storage, read> activeList: array<u32>;

fn rowTotal() -> u32 { return activeList[0]; }
fn rowAt(i: u32) -> u32 { return activeList[1u + i]; }
