// Threads on their own: a workgroup covers WY tiles of rows (x) and WX tiles of columns (y).
override WX: u32;
override WY: u32;

@compute @workgroup_size(WX, WY) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = ((shape.firstColumns + group.y) * WX + local.x) * COLUMNS;
  let first = ((shape.firstRows + group.x) * WY + local.y) * ROWS;
  if (column < shape.n && first < rowCount()) { multiply(first, column, 0u); }
}
