// ⟨g, Δ − s B z⟩ of every row.
@group(0) @binding(6) var<storage, read> extra: array<f32>;
fn extraOf(row: u32) -> f32 { return extra[row]; }
