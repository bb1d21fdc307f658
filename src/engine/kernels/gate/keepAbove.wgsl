// S of a row: r >= tau.
fn keeps(row: u32, r: f32) -> bool { return r >= slot.tau; }
