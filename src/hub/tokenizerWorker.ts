/** Worker that makes a tokenizer once and uses it once, so that whoever waits for it may end it. */
import { toErrorInfo } from '../shared/errors';
import { createTokenizer } from './tokenizer';
import type { ProofReply, ProofRequest } from './tokenizerProof';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (reply: ProofReply) => scope.postMessage(reply);

/** Of everything something: what is slow at a text is likely slow at this one. */
const TEXT = `The quick brown fox (3.14159 × 10²) — naïve café 😀 <s></s> ${'a'.repeat(64)} ${'1'.repeat(64)}${' '.repeat(64)}\n\n\t${'ab '.repeat(32)}中文字符!?`;

scope.onmessage = async ({ data: { json, config } }: MessageEvent<ProofRequest>) => {
  try {
    const tokenizer = await createTokenizer(json, config);
    tokenizer.decode(tokenizer.encode(TEXT));
    post({ kind: 'proven' });
  } catch (error) {
    post({ kind: 'failed', error: toErrorInfo(error) });
  }
};

// The library is part of the script, not of what is timed: nothing is asked before it is there.
await import('@huggingface/transformers');
