// Costs of every module of a run in the order of r, by an LSD radix sort (8 digits of 4 bits; r >= 0, so its bits order
// as it does): pairs [modules, capacity] (r bits, mu bits), the first hyper.tokens of a module -> ascending by r, equal
// r in the order they came. Sorts in place; `other` is scratch of the same size. One workgroup a module. A thread moves
// one run of tokens in order, so the result does not depend on timing.
override CAPACITY: u32;           // tokens a module has room for

const DIGITS: u32 = 16u;

@group(0) @binding(0) var<uniform> hyper: ProximalHyper;
@group(0) @binding(1) var<storage, read_write> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> other: array<vec2<u32>>;

var<workgroup> counts: array<u32, DIGITS * WIDTH>;   // digit-major: where thread t's next token of digit d goes

fn load(odd: bool, at: u32) -> vec2<u32> {
  if (odd) { return other[at]; }
  return pairs[at];
}

// Counts become the sums of all entries before them.
fn scan(lane: u32) {
  var total = 0u;
  for (var i = 0u; i < DIGITS; i++) { total += counts[lane * DIGITS + i]; }
  var at = runningSum(total, lane) - total;
  for (var i = 0u; i < DIGITS; i++) {
    let count = counts[lane * DIGITS + i];
    counts[lane * DIGITS + i] = at;
    at += count;
  }
  workgroupBarrier();
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  if (hyper.enabled == 0u) { return; }
  let base = group.x * CAPACITY;
  let tokens = min(hyper.tokens, CAPACITY);
  let run = (tokens + WIDTH - 1u) / WIDTH;
  let first = min(lane * run, tokens);
  let last = min(first + run, tokens);
  for (var digit = 0u; digit < 8u; digit++) {
    let odd = (digit & 1u) == 1u;
    for (var d = 0u; d < DIGITS; d++) { counts[d * WIDTH + lane] = 0u; }
    for (var i = first; i < last; i++) {
      counts[((load(odd, base + i).x >> (4u * digit)) & 15u) * WIDTH + lane]++;
    }
    workgroupBarrier();
    scan(lane);
    for (var i = first; i < last; i++) {
      let pair = load(odd, base + i);
      let slot = ((pair.x >> (4u * digit)) & 15u) * WIDTH + lane;
      let to = base + counts[slot];
      counts[slot]++;
      if (odd) { pairs[to] = pair; } else { other[to] = pair; }
    }
    storageBarrier();
    workgroupBarrier();
  }
}
