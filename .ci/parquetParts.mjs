/**
 * The parts of the Parquet libraries that src/data/parse/parquet imports, for Vite to find before a page asks for them.
 */
export const PARQUET_PARTS = [
  ...['brotli', 'brotli.streams'].map((part) => `hyparquet-compressors/src/${part}.js`),
  ...['assemble', 'column', 'convert', 'delta', 'encoding', 'plain', 'schema', 'wkb'].map(
    (part) => `hyparquet/src/${part}.js`,
  ),
];
