/** Worker that reads one file and is ended. */
import { toErrorInfo } from '../shared/errors';
import type { ReadReply, ReadRequest } from './reading';
import { readRunParts } from './runFile';
import { unzipAdapter } from './zip';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (reply: ReadReply, transfer: Transferable[] = []) => scope.postMessage(reply, transfer);

scope.onmessage = async ({ data: { what, zip } }: MessageEvent<ReadRequest>) => {
  try {
    const value = what === 'run' ? await readRunParts(zip) : await unzipAdapter(zip);
    const files = 'files' in value ? value.files : value;
    post({ kind: 'read', value }, [...new Set(files.map((f) => f.bytes.buffer as ArrayBuffer))]);
  } catch (error) {
    post({ kind: 'failed', error: toErrorInfo(error) });
  }
};
