// S of a row where an earlier dispatch has marked it in `open`. τ ≥ 0 says nothing, but without a word of it the slot would
// fall out of the layout, and the bindings would be others than with keepAbove.
fn keeps(row: u32, r: f32) -> bool { return open[row] != 0u && slot.tau >= 0.0; }
