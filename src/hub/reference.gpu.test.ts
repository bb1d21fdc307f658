/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import { ModelError } from '../shared/errors';
import type { ModelSource } from '../shared/types';
import { type DownloadedModel, downloadModel } from './model';
import { referenceLogits } from './referenceProof';
import { openTokenizer } from './tokenizer';

const bytesOf = ({ reference }: DownloadedModel) => {
  if (reference.kind !== 'onnx') throw new Error('not an ONNX file');
  return reference.bytes;
};

const NANO: ModelSource = { kind: 'embedded', id: 'sieve-stories-nano' };

describe("ONNX Runtime, from the app's own origin", () => {
  it('gives finite logits at every position, on wasm, from one download', async () => {
    const before = performance.getEntriesByType('resource').length;
    const model = await downloadModel(NANO);
    const tokenizer = await openTokenizer(NANO);
    // Ids from Python's tokenizer for the same text.
    const ids = tokenizer.encode('Once upon a time, there was');
    expect([...ids]).toEqual([508, 491, 259, 423, 12, 405, 289]);

    const { data, vocab } = await referenceLogits(model.reference, [{ ids }]);
    expect(vocab).toBe(4096);
    expect(data.length).toBe(ids.length * 4096);
    expect(data.every(Number.isFinite)).toBe(true);
    // argmax after the whole text, from PyTorch.
    const last = data.subarray((ids.length - 1) * vocab);
    const best = last.indexOf(Math.max(...last));
    expect(tokenizer.pieces([best])).toEqual([NEXT.piece]);
    expect(Math.abs(last[best] - NEXT.logit)).toBeLessThan(1e-3 * Math.abs(NEXT.logit));
    expect(bytesOf(model).length, 'handed over, not copied').toBe(0);

    const urls = performance
      .getEntriesByType('resource')
      .slice(before)
      .map((e) => new URL(e.name));
    expect(urls.filter((u) => u.pathname.endsWith('/onnx/model.onnx')).length, 'HEAD and one GET').toBeLessThanOrEqual(
      2,
    );
    expect(urls.filter((u) => u.protocol !== 'blob:' && u.origin !== location.origin)).toEqual([]);
  });

  it('a model that it cannot load keeps no later one from it', async () => {
    const ids = Int32Array.of(508, 491);
    const broken = await downloadModel(NANO);
    // The bytes are still there, but no model any more.
    bytesOf(broken).fill(0x5a);
    await expect(referenceLogits(broken.reference, [{ ids }])).rejects.toThrow(ModelError);
    const { data } = await referenceLogits((await downloadModel(NANO)).reference, [{ ids }]);
    expect(data.length).toBe(2 * 4096);
  });
});

const NEXT = { piece: ' a', logit: 16.214977 };
