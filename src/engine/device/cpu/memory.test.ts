import { describe, expect, it } from 'vitest';
import { type Block, CpuMemory, createMemory } from './memory';

const START = 1000;

function setUp() {
  const memory = createMemory(false);
  const later: (() => void)[] = [];
  const blocks = new CpuMemory(memory, START, (job) => later.push(job));
  const settle = () => {
    for (const job of later.splice(0)) job();
  };
  const alloc = (bytes: number) => blocks.allocate('block', bytes);
  return { memory, blocks, alloc, settle };
}

const overlap = (a: Block, b: Block) => a.address < b.address + b.size && b.address < a.address + a.size;

describe('memory of the CPU engine', () => {
  it('blocks begin on lines, lie apart and above what belongs to the threads', () => {
    const { alloc } = setUp();
    const all = [1, 256, 257, 5000, 16].map(alloc);
    for (const block of all) {
      expect(block.address % 256).toBe(0);
      expect(block.address).toBeGreaterThanOrEqual(START);
      expect(all.filter((other) => other !== block && overlap(block, other))).toEqual([]);
    }
  });

  it('grows, and a block is zero although the memory was used before', () => {
    const { memory, blocks, alloc, settle } = setUp();
    const before = memory.buffer.byteLength;
    const large = alloc(3 * before);
    expect(memory.buffer.byteLength).toBeGreaterThan(before);
    new Uint8Array(memory.buffer, large.address, large.size).fill(7);
    blocks.free(large);
    settle();
    const again = alloc(3 * before);
    expect(again.address).toBe(large.address);
    expect(new Uint8Array(memory.buffer, again.address, again.size).every((x) => x === 0)).toBe(true);
  });

  it('what is freed comes back only after the work that was sent, and neighbours become one', () => {
    const { memory, blocks, alloc, settle } = setUp();
    const [a, b, c] = [alloc(1 << 16), alloc(1 << 16), alloc(1 << 16)];
    for (const block of [a, c, b]) blocks.free(block);
    expect([a, b, c].some((block) => overlap(alloc(1 << 10), block))).toBe(false);
    settle();
    const size = memory.buffer.byteLength;
    expect(alloc(3 << 16).address).toBe(a.address);
    expect(memory.buffer.byteLength).toBe(size);
  });

  it('random allocations and frees never overlap and leave one free range', () => {
    const { memory, blocks, alloc, settle } = setUp();
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const live: Block[] = [];
    for (let i = 0; i < 2000; i++) {
      if (live.length > 0 && random(3) === 0) blocks.free(live.splice(random(live.length), 1)[0]);
      else {
        const block = alloc(1 + random(20_000));
        expect(live.find((other) => overlap(other, block))).toBeUndefined();
        live.push(block);
      }
      if (random(5) === 0) settle();
    }
    for (const block of live) blocks.free(block);
    settle();
    const size = memory.buffer.byteLength;
    alloc(size - 1024 - 256);
    expect(memory.buffer.byteLength).toBe(size);
  });

  it('writes in order', () => {
    const { memory, blocks, alloc, settle } = setUp();
    const block = alloc(16);
    const bytes = Uint8Array.of(1, 2, 3, 4);
    blocks.write(block, 4, bytes);
    bytes.fill(9);
    settle();
    expect([...new Uint8Array(memory.buffer, block.address, 12)]).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
  });
});
