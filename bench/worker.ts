/** A row in a worker of its own; Node's services are reached through the page. */
import type { FromWorker } from './page';
import type { BenchOptions, RowResult, Services } from './record';

const rows = import.meta.glob<{ run(options: BenchOptions): Promise<RowResult> }>('./rows/*.ts');
const SERVICES: (keyof Services)[] = ['benchPeers', 'benchTorch'];

const say = (message: FromWorker) => postMessage(message);
const waiting = new Map<number, (value: unknown) => void>();
let calls = 0;

for (const call of SERVICES) {
  const ask = (...args: unknown[]) =>
    new Promise((resolve) => {
      waiting.set(++calls, resolve);
      say({ call, id: calls, args });
    });
  Object.assign(globalThis, { [call]: ask });
}

globalThis.onmessage = async ({
  data,
}: MessageEvent<{ file: string; options: BenchOptions } | { id: number; value: unknown }>) => {
  if ('id' in data) {
    waiting.get(data.id)!(data.value);
    return;
  }
  try {
    say({ result: await (await rows[`./rows/${data.file}.ts`]()).run(data.options) });
  } catch (error) {
    say({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
  }
};
