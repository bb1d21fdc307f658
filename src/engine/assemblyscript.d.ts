/** What `.ci/assemblyscript.mjs` makes of an AssemblyScript file. */
declare module '*.as.ts?wasm' {
  export const shared: Uint8Array<ArrayBuffer>;
  export const single: Uint8Array<ArrayBuffer>;
}
