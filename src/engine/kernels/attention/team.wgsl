// What the attention kernels have in common. A thread keeps ROWS vectors in registers (its "own": queries, or keys in
// the backward of keys) and meets the other side's vectors ("columns") four at a time. The threads of a workgroup are a
// team: they own consecutive vectors of one key head and meet the same columns at the same time. Per row and key head
// there are OWN own vectors and STREAM columns: one key, or the HEADS / KV_HEADS queries that share it, so that a load
// serves all of them.
//
// A team whose rows belong to several sequences goes through each of these by itself and stores only its own rows, so
// no row sees another sequence's numbers. Steps begin at multiples of four from the sequence's start: a row's sums have
// one order, whatever lies beside it. Columns that no row of the team meets are skipped; a sequence's rows lie together
// and in order, so its first and last row in the team say which.
//
// workgroup_id.y is the key head. A kernel adds columnsOf(meta) and, for each vec4 d of a head, start, multiply, add
// and store, for each own row startRows, storeRows, and step(). Rows of a thread are written out (ROWS is 1, 2 or 4),
// for the reason that unroll.wgsl gives.
override SCALE: f32;
override THREADS: u32;
@group(0) @binding(1) var<storage, read> rowMeta: array<vec4u>;  // keyStart, position, sequenceEnd, 0
@group(0) @binding(PART) var<uniform> part: vec4u;               // .x: workgroups in earlier dispatches of a split pass

var<private> kvHead: u32;
var<private> total: u32;                 // own vectors in the pass
var<private> ownIndex: u32;              // this thread's first
var<private> ownAt: array<u32, ROWS>;    // where each begins in its tensor, in vec4
var<private> rowsNow: vec2u;             // the sequence's rows in the team, [first, end) of the pass
var<private> meets: array<vec2u, ROWS>;  // columns that each meets, [first, end); none outside rowsNow
var<private> stepFirst: u32;             // the step's first column, counted from the sequence's start
var<private> column: vec4u;              // where the step's four columns begin in their tensor, in vec4

fn locate(r: u32) {
  let i = min(ownIndex + r, total - 1u);
  ownAt[r] = ((rowAt(i / OWN) * KV_HEADS + kvHead) * OWN + i % OWN) * HD4;
}

fn admit(r: u32) {
  let row = (ownIndex + r) / OWN;
  meets[r] = vec2u();
  if (row >= rowsNow.x && row < rowsNow.y) { meets[r] = columnsOf(rowMeta[row]); }
}

// Which of the step's columns row r meets.
fn met(r: u32) -> vec4<bool> {
  let c = stepFirst + vec4u(0u, 1u, 2u, 3u);
  return (c >= vec4u(meets[r].x)) & (c < vec4u(meets[r].y));
}

fn takesPart(r: u32) -> bool { return meets[r].y > 0u; }

fn locateRows() {
  locate(0u);
  if (ROWS > 1u) { locate(1u); }
  if (ROWS > 2u) { locate(2u); locate(3u); }
}
fn admitRows() {
  admit(0u);
  if (ROWS > 1u) { admit(1u); }
  if (ROWS > 2u) { admit(2u); admit(3u); }
}

fn columnAt(start: u32, c: vec4u) -> vec4u {
  return (((start + c / STREAM) * KV_HEADS + kvHead) * STREAM + c % STREAM) * HD4;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  kvHead = group.y;
  total = rowCount() * OWN;
  let teamFirst = (part.x + group.x) * THREADS * ROWS;
  if (teamFirst >= total) { return; }
  ownIndex = teamFirst + local * ROWS;
  locateRows();
  let end = (min(teamFirst + THREADS * ROWS, total) - 1u) / OWN + 1u;
  var row = teamFirst / OWN;
  while (row < end) {
    let start = rowMeta[row].x;
    let first = columnsOf(rowMeta[row]);
    rowsNow.x = row;
    row = select(row + 1u, end, rowMeta[end - 1u].x == start);
    while (row < end && rowMeta[row].x == start) { row++; }
    rowsNow.y = row;
    let last = columnsOf(rowMeta[row - 1u]);
    let columns = vec2u(min(first.x, last.x), max(first.y, last.y));
    admitRows();
    startHead();
    startRows();
    for (var c = columns.x / 4u * 4u; c < columns.y; c += 4u) {
      // Columns past the end stand for the last one; no row meets them.
      column = columnAt(start, min(c + vec4u(0u, 1u, 2u, 3u), vec4u(columns.y - 1u)));
      stepFirst = c;
      step();
    }
    storeHead();
    storeRows();
  }
}
