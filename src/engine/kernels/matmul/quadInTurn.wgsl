// Four threads as one quad (see quad.wgsl) over active rows: workgroups x take turns with the tiles of rows, so that the
// host can dispatch them without knowing how many there are. A dispatch sized on the GPU costs a second one, which the
// browser puts before it to check the size; on a software adapter that is a good part of a small product.
// The test comes last: a software adapter would run the body once more than it must.
@compute @workgroup_size(4) fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let count = rowCount();
  var first = group.x * 4u * ROWS;
  loop {
    multiply(first + lane * ROWS, group.y * COLUMNS, lane);
    continuing {
      first += groups.x * 4u * ROWS;
      break if first >= count;
    }
  }
}
