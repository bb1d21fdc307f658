// Four threads as one quad: a workgroup covers four tiles of rows (x), one to a lane, and one tile of columns (y).
// It is right only where a workgroup of four is one whole quad, that is, where subgroups have four lanes.
@compute @workgroup_size(4) fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  multiply(((shape.firstRows + group.x) * 4u + lane) * ROWS, (shape.firstColumns + group.y) * COLUMNS, lane);
}
