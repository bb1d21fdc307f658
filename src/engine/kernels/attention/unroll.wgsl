// The loops over a head's HD4 vec4, written out: with constant indices the arrays of a thread stay in registers. A real
// loop makes each access a gather on software adapters, and costs three quarters of the speed. HD4 is at most 32.

fn startHead() {
  start(0u); if (HD4 > 1u) { start(1u); } if (HD4 > 2u) { start(2u); }
  if (HD4 > 3u) { start(3u); } if (HD4 > 4u) { start(4u); } if (HD4 > 5u) { start(5u); }
  if (HD4 > 6u) { start(6u); } if (HD4 > 7u) { start(7u); } if (HD4 > 8u) { start(8u); }
  if (HD4 > 9u) { start(9u); } if (HD4 > 10u) { start(10u); } if (HD4 > 11u) { start(11u); }
  if (HD4 > 12u) { start(12u); } if (HD4 > 13u) { start(13u); } if (HD4 > 14u) { start(14u); }
  if (HD4 > 15u) { start(15u); } if (HD4 > 16u) { start(16u); } if (HD4 > 17u) { start(17u); }
  if (HD4 > 18u) { start(18u); } if (HD4 > 19u) { start(19u); } if (HD4 > 20u) { start(20u); }
  if (HD4 > 21u) { start(21u); } if (HD4 > 22u) { start(22u); } if (HD4 > 23u) { start(23u); }
  if (HD4 > 24u) { start(24u); } if (HD4 > 25u) { start(25u); } if (HD4 > 26u) { start(26u); }
  if (HD4 > 27u) { start(27u); } if (HD4 > 28u) { start(28u); } if (HD4 > 29u) { start(29u); }
  if (HD4 > 30u) { start(30u); } if (HD4 > 31u) { start(31u); }
}

fn multiplyHead() {
  multiply(0u); if (HD4 > 1u) { multiply(1u); } if (HD4 > 2u) { multiply(2u); }
  if (HD4 > 3u) { multiply(3u); } if (HD4 > 4u) { multiply(4u); } if (HD4 > 5u) { multiply(5u); }
  if (HD4 > 6u) { multiply(6u); } if (HD4 > 7u) { multiply(7u); } if (HD4 > 8u) { multiply(8u); }
  if (HD4 > 9u) { multiply(9u); } if (HD4 > 10u) { multiply(10u); } if (HD4 > 11u) { multiply(11u); }
  if (HD4 > 12u) { multiply(12u); } if (HD4 > 13u) { multiply(13u); } if (HD4 > 14u) { multiply(14u); }
  if (HD4 > 15u) { multiply(15u); } if (HD4 > 16u) { multiply(16u); } if (HD4 > 17u) { multiply(17u); }
  if (HD4 > 18u) { multiply(18u); } if (HD4 > 19u) { multiply(19u); } if (HD4 > 20u) { multiply(20u); }
  if (HD4 > 21u) { multiply(21u); } if (HD4 > 22u) { multiply(22u); } if (HD4 > 23u) { multiply(23u); }
  if (HD4 > 24u) { multiply(24u); } if (HD4 > 25u) { multiply(25u); } if (HD4 > 26u) { multiply(26u); }
  if (HD4 > 27u) { multiply(27u); } if (HD4 > 28u) { multiply(28u); } if (HD4 > 29u) { multiply(29u); }
  if (HD4 > 30u) { multiply(30u); } if (HD4 > 31u) { multiply(31u); }
}

fn addHead() {
  add(0u); if (HD4 > 1u) { add(1u); } if (HD4 > 2u) { add(2u); }
  if (HD4 > 3u) { add(3u); } if (HD4 > 4u) { add(4u); } if (HD4 > 5u) { add(5u); }
  if (HD4 > 6u) { add(6u); } if (HD4 > 7u) { add(7u); } if (HD4 > 8u) { add(8u); }
  if (HD4 > 9u) { add(9u); } if (HD4 > 10u) { add(10u); } if (HD4 > 11u) { add(11u); }
  if (HD4 > 12u) { add(12u); } if (HD4 > 13u) { add(13u); } if (HD4 > 14u) { add(14u); }
  if (HD4 > 15u) { add(15u); } if (HD4 > 16u) { add(16u); } if (HD4 > 17u) { add(17u); }
  if (HD4 > 18u) { add(18u); } if (HD4 > 19u) { add(19u); } if (HD4 > 20u) { add(20u); }
  if (HD4 > 21u) { add(21u); } if (HD4 > 22u) { add(22u); } if (HD4 > 23u) { add(23u); }
  if (HD4 > 24u) { add(24u); } if (HD4 > 25u) { add(25u); } if (HD4 > 26u) { add(26u); }
  if (HD4 > 27u) { add(27u); } if (HD4 > 28u) { add(28u); } if (HD4 > 29u) { add(29u); }
  if (HD4 > 30u) { add(30u); } if (HD4 > 31u) { add(31u); }
}

fn storeHead() {
  store(0u); if (HD4 > 1u) { store(1u); } if (HD4 > 2u) { store(2u); }
  if (HD4 > 3u) { store(3u); } if (HD4 > 4u) { store(4u); } if (HD4 > 5u) { store(5u); }
  if (HD4 > 6u) { store(6u); } if (HD4 > 7u) { store(7u); } if (HD4 > 8u) { store(8u); }
  if (HD4 > 9u) { store(9u); } if (HD4 > 10u) { store(10u); } if (HD4 > 11u) { store(11u); }
  if (HD4 > 12u) { store(12u); } if (HD4 > 13u) { store(13u); } if (HD4 > 14u) { store(14u); }
  if (HD4 > 15u) { store(15u); } if (HD4 > 16u) { store(16u); } if (HD4 > 17u) { store(17u); }
  if (HD4 > 18u) { store(18u); } if (HD4 > 19u) { store(19u); } if (HD4 > 20u) { store(20u); }
  if (HD4 > 21u) { store(21u); } if (HD4 > 22u) { store(22u); } if (HD4 > 23u) { store(23u); }
  if (HD4 > 24u) { store(24u); } if (HD4 > 25u) { store(25u); } if (HD4 > 26u) { store(26u); }
  if (HD4 > 27u) { store(27u); } if (HD4 > 28u) { store(28u); } if (HD4 > 29u) { store(29u); }
  if (HD4 > 30u) { store(30u); } if (HD4 > 31u) { store(31u); }
}
