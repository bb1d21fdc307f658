// What the gate must know about its module, and the workgroups of the dispatches over its open rows.
struct Shape {
  rank4: u32,                     // rank / 4
  parts: u32,                     // partial sums of y² per row
  scaling: f32,                   // s = alpha / rank
  record: u32,                    // 1 = add to the statistics
  deltaRows: u32,                 // B z: rows of a workgroup, and column groups
  deltaColumns: u32,
  dxRows: u32,                    // the adapter's dx: the same
  dxColumns: u32,
  gradGroups: u32,                // dA and dB: workgroups of one chunk of rows
  sumGroups: u32,                 // their sums: workgroups
}
@group(0) @binding(SHAPE_AT) var<uniform> shape: Shape;
