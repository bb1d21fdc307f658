/**
 * Gives the memory of buffers back at once; they are empty afterwards. What nobody refers to any more lies about until the garbage
 * is collected, which for a worker that has nothing else to do may be long.
 */
export function giveBack(buffers: Iterable<ArrayBuffer>): void {
  // Browsers of before 2024 collect them in their own time.
  for (const buffer of buffers) (buffer as { transfer?: (length: number) => ArrayBuffer }).transfer?.(0);
}
