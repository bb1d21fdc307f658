/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest';
import type { ModelSource } from '../shared/types';
import { downloadModel } from './model';
import { openReference } from './reference';
import { openTokenizer } from './tokenizer';

const NANO: ModelSource = { kind: 'embedded', id: 'sieve-stories-nano' };

describe('ONNX Runtime through transformers.js, from the app\'s own origin', () => {
  it('gives finite logits at every position, on wasm, from one download', async () => {
    const before = performance.getEntriesByType('resource').length;
    const model = await downloadModel(NANO);
    const tokenizer = await openTokenizer(NANO);
    // Ids from Python's tokenizer for the same text.
    const ids = tokenizer.encode('Once upon a time, there was');
    expect([...ids]).toEqual([508, 491, 259, 423, 12, 405, 289]);

    const reference = await openReference(model, 'wasm');
    const { data, vocab } = await reference.logits(ids);
    expect(vocab).toBe(4096);
    expect(data.length).toBe(ids.length * 4096);
    expect(data.every(Number.isFinite)).toBe(true);
    // argmax after the whole text, from PyTorch.
    const last = data.subarray((ids.length - 1) * vocab);
    const best = last.indexOf(Math.max(...last));
    expect(tokenizer.pieces([best])).toEqual([NEXT.piece]);
    expect(Math.abs(last[best] - NEXT.logit)).toBeLessThan(1e-3 * Math.abs(NEXT.logit));
    await reference.dispose();

    const urls = performance.getEntriesByType('resource').slice(before).map((e) => new URL(e.name));
    expect(urls.filter((u) => u.pathname.endsWith('/onnx/model.onnx')).length, 'HEAD and one GET').toBeLessThanOrEqual(2);
    expect(urls.filter((u) => u.origin !== location.origin)).toEqual([]);
  });

  it('works inside a dedicated worker', async () => {
    const worker = new Worker(new URL('./testing/referenceWorker.ts', import.meta.url), { type: 'module' });
    const answer = await new Promise<{ vocab: number; tokens: number; finite: boolean; error?: string }>((resolve, reject) => {
      worker.onmessage = (e) => resolve(e.data);
      worker.onerror = (e) => reject(new Error(e.message));
      worker.postMessage(NANO);
    });
    worker.terminate();
    expect(answer).toEqual({ vocab: 4096, tokens: 7, finite: true });
  });
});

const NEXT = { piece: ' a', logit: 16.214977 };
