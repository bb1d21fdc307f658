// What the gate must know about its module.
struct Shape {
  rank4: u32,                     // rank / 4
  parts: u32,                     // partial sums of y² per row
  scaling: f32,                   // s = alpha / rank
  record: u32,                    // 1 = add to the statistics
  tileRows: u32,                  // of a workgroup of the products over open rows
}
@group(0) @binding(SHAPE_AT) var<uniform> shape: Shape;
