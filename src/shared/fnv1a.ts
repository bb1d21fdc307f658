/** FNV-1a of bytes, 32 bits: short, the same everywhere, no protection against whoever wants two that are equal. */
export function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const b of bytes) hash = Math.imul(hash ^ b, 0x01000193) >>> 0;
  return hash;
}
