/** What a product does with a sum: one of the first two, of the next three, and of the last two. */

export const epilogueScale = /* wgsl */ `// What a sum becomes: y.
fn scaled(column: u32, sum: vec4f) -> vec4f { return shape.scale * sum; }
`;

export const epilogueBias = /* wgsl */ `// What a sum becomes: y, with a bias for each column.
@group(0) @binding(BIAS) var<storage, read> bias: array<vec4f>;
fn scaled(column: u32, sum: vec4f) -> vec4f { return shape.scale * sum + bias[column]; }
`;

export const epilogueStore = /* wgsl */ `// out is overwritten.
fn before(at: u32) -> vec4f { return vec4f(); }
`;

export const epilogueAccumulate = /* wgsl */ `// The product is added to out.
fn before(at: u32) -> vec4f { return out[at]; }
`;

export const epilogueResidual = /* wgsl */ `// out is a residual plus the product.
@group(0) @binding(RESIDUAL) var<storage, read> residual: array<vec4f>;
fn before(at: u32) -> vec4f { return residual[at]; }
`;

export const epilogueRowNorm = /* wgsl */ `// The squares of a row of y, summed over the columns of one part: ‖y‖² needs no second reading of y.
@group(0) @binding(SQUARES) var<storage, read_write> squares: array<f32>;
fn storeRowNorm(row: u32, part: u32, sum: f32) { squares[row * shape.parts + part] = sum; }
`;

export const epilogueNoRowNorm = /* wgsl */ `// Nobody asked for the squares; the compiler drops their sums.
fn storeRowNorm(row: u32, part: u32, sum: f32) {}
`;
