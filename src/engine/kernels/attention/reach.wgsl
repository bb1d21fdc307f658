// Who meets whom, counted from the sequence's start: a row the keys up to its own, or all of the sequence (CAUSAL is
// false), but where WINDOW is not 0 only those less than so many positions away.
fn keysOf(m: vec4u) -> vec2u {
  var keys = vec2u(0u, m.y + 1u);
  if (!CAUSAL) { keys.y = m.z - m.x; }
  if (WINDOW > 0u) {
    keys.x = m.y + 1u - min(m.y + 1u, WINDOW);
    keys.y = min(keys.y, m.y + WINDOW);
  }
  return keys;
}
// The same the other way round: the rows that meet a row's key.
fn queriesOf(m: vec4u) -> vec2u {
  var queries = vec2u(m.y, m.z - m.x);
  if (!CAUSAL) { queries.x = 0u; }
  if (WINDOW > 0u) {
    if (!CAUSAL) { queries.x = m.y + 1u - min(m.y + 1u, WINDOW); }
    queries.y = min(queries.y, m.y + WINDOW);
  }
  return queries;
}
