// Quantile gate: the share `keep` of the rows with the largest r. Where rows stand alone, tau decides: the EMA of the
// smallest r that was kept in training.
@group(0) @binding(3) var<storage, read> ratio: array<f32>;

fn keyOf(row: u32) -> u32 { return bitcast<u32>(ratio[choice.ofStep * (dims.first - dims.before) + row]); }

fn wanted() -> u32 { return shareOf(choice.keep); }

fn learn(smallest: u32) {
  // With nothing to keep the key is all ones. A NaN or an infinity teaches nothing: its step is skipped.
  if (smallest >= 0x7f800000u && smallest != 0xffffffffu) { return; }
  let r = select(bitcast<f32>(smallest), 3e38, smallest == 0xffffffffu);
  slot.tau = select(0.9 * slot.tau + 0.1 * r, r, slot.updates == 0u);
  slot.updates++;
}

fn keepsAlone(row: u32) -> bool { return ratio[row] >= slot.tau; }
