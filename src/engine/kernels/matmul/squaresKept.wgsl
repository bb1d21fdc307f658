// The squares of a row of y, summed over the columns of one part: ‖y‖² needs no second reading of y.
@group(0) @binding(SQUARES) var<storage, read_write> squares: array<f32>;
fn keepSquares(row: u32, part: u32, sum: f32) { squares[row * shape.parts + part] = sum; }
