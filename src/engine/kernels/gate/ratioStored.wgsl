// r of a row where an earlier dispatch has computed it.
fn ratioOf(row: u32) -> f32 { return ratio[row]; }
