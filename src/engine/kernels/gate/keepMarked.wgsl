// S of a row where an earlier dispatch has marked it in `open`.
fn keeps(row: u32, r: f32) -> bool { return open[row] != 0u; }
