// The part of every product kernel that does not depend on how it is cut: sizes, operands and the epilogue.
//
//   y[row, n] = scale · Σ_k a[row, k] · W(n, k)         for the rows that `rowAt` names (`scaled`: plus a bias[n])
//   out[row, n] = before[row, n] + y[row, n]            before: nothing, out itself or a residual (`before` snippets)
//   squares[row, part] = Σ y² over a part's columns     only where asked for (`squares` snippets)
//
// Row `row` of a begins at row · aStride + aColumn, of out and residual at row · outStride + outColumn; W lies dense.
// All sizes are in vec4. They are a uniform and not constants, so that the many shapes of a model share few pipelines.
struct Shape {
  n: u32, k: u32, scale: f32,
  parts: u32,                             // of a row's squares
  firstRows: u32, firstColumns: u32,      // the workgroup this dispatch begins at, where a product is split
  aStride: u32, aColumn: u32, outStride: u32, outColumn: u32,
  unused0: u32, unused1: u32,
}
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(SHAPE) var<uniform> shape: Shape;

fn finish(row: u32, column: u32, y: vec4f) {
  let at = row * shape.outStride + shape.outColumn + column;
  out[at] = before(at) + y;
}
