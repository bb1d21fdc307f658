/** What a product does with a sum besides scaling it: one of the first three, and one of the last two. */

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
