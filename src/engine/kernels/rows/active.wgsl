// Which rows a product runs over: those whose gate is open. kept[0] is their number, kept[1 + i] the i-th row.
@group(0) @binding(0) var<storage, read> kept: array<u32>;
fn rowCount() -> u32 { return kept[0]; }
fn rowAt(i: u32) -> u32 { return kept[1u + i]; }
