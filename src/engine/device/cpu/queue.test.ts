import { expect, it } from 'vitest';
import { Queue } from './queue';

it('runs what was pushed in order, and settles in order too', async () => {
  const queue = new Queue();
  const seen: number[] = [];
  queue.settle(() => seen.push(0));
  expect(seen).toEqual([0]);
  queue.push(() => seen.push(1));
  queue.settle(() => seen.push(2));
  queue.push(() => seen.push(3));
  expect(seen).toEqual([0]);
  await queue.done();
  expect(seen).toEqual([0, 1, 2, 3]);
});

it('a job that throws ends what is behind it but for what must be settled, is told once, and leaves the queue usable', async () => {
  const queue = new Queue();
  const seen: string[] = [];
  queue.push(() => {
    throw new Error('broken');
  });
  queue.push(() => seen.push('skipped'));
  queue.settle(() => seen.push('settled'));
  await expect(queue.done()).rejects.toThrow('broken');
  expect(seen).toEqual(['settled']);
  queue.push(() => seen.push('next'));
  await queue.done();
  expect(seen).toEqual(['settled', 'next']);
});

const work = (ms: number) => () => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

it('tells of what was done so far while it goes on with the rest', async () => {
  const queue = new Queue();
  const seen: string[] = [];
  queue.push(() => seen.push('first'));
  const first = queue.soFar().then(() => seen.push('told'));
  for (let i = 0; i < 4; i++) queue.push(work(10));
  queue.push(() => seen.push('last'));
  await Promise.all([first, queue.done()]);
  expect(seen).toEqual(['first', 'told', 'last']);
});

it('everyone who waits for a job that failed, or for one behind it, is told; who waited for one before is not', async () => {
  const queue = new Queue();
  queue.push(() => undefined);
  const before = queue.soFar();
  queue.push(() => {
    throw new Error('broken');
  });
  const told = [queue.soFar(), queue.soFar()];
  await expect(before).resolves.toBeUndefined();
  for (const one of await Promise.allSettled(told))
    expect(one).toMatchObject({ status: 'rejected', reason: new Error('broken') });
});

it('listens while it works', async () => {
  const queue = new Queue();
  let heard = 0;
  const timer = setInterval(() => heard++, 1);
  for (let i = 0; i < 20; i++) {
    queue.push(work(5));
  }
  await queue.done();
  clearInterval(timer);
  expect(heard).toBeGreaterThan(2);
});
