/** A dedicated worker for the tests: the hub without a page around it. */
import { toErrorInfo } from '../../shared/errors';
import type { ModelSource } from '../../shared/types';
import { downloadModel } from '../model';
import { openReference } from '../reference';
import { openTokenizer } from '../tokenizer';

self.onmessage = async (event: MessageEvent<ModelSource>) => {
  try {
    const model = await downloadModel(event.data);
    const ids = (await openTokenizer(event.data)).encode('Once upon a time, there was');
    const reference = await openReference(model, 'wasm');
    const { data, vocab } = await reference.logits(ids);
    await reference.dispose();
    self.postMessage({ vocab, tokens: data.length / vocab, finite: data.every(Number.isFinite) });
  } catch (error) {
    self.postMessage({ error: toErrorInfo(error) });
  }
};
