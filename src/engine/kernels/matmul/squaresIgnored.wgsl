// Nobody asked for the squares; the compiler drops their sums.
fn keepSquares(row: u32, part: u32, sum: f32) {}
