import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../shared/errors';
import { BatchOrder } from './batches';

describe('BatchOrder', () => {
  it('shows every example once per epoch, in an order of its own', () => {
    const order = new BatchOrder(10, 3);
    const first = order.next(10);
    const second = order.next(10);
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...second].sort((a, b) => a - b)).toEqual([...first].sort((a, b) => a - b));
    expect(second).not.toEqual(first);
  });

  it('goes on from a saved state exactly, at any point and through JSON', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.nat(100), (n, seed, taken) => {
        const order = new BatchOrder(n, seed);
        order.next(taken);
        const twin = BatchOrder.restore(JSON.parse(JSON.stringify(order.state())));
        expect(twin.next(70)).toEqual(order.next(70));
        expect(twin.state()).toEqual(order.state());
      }),
    );
  });

  it('needs an example', () => {
    expect(() => new BatchOrder(0, 1)).toThrow(DataError);
  });
});
