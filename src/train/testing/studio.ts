/** The train worker's whole behaviour without the worker, on the nano model and a handful of short examples. */
import { say } from '../../shared/texts/say';
import { prepare } from '../../data/prepare';
import { parseFile } from '../../data/parse';
import type { Device } from '../../engine/device/device';
import { openCpuDevice } from '../../engine/kernels/openCpu';
import { openDevice } from '../../engine/openDevice';
import { onCpu } from '../../engine/testing/harness';
import { openTokenizer } from '../../hub/tokenizer';
import { type SessionConfig, defaultSession } from '../../shared/config';
import type { DeviceChoice, TokenSet } from '../../shared/types';
import type { TrainEvent } from '../protocol';
import { TrainService } from '../trainService';
import { USUAL_OPTIONS } from '../../data/testing/options';

export const NANO = { kind: 'embedded', id: 'sieve-stories-nano' } as const;

/** 32 examples to train on and 8 to validate on. */
export async function smallData(maxSequenceLength: number): Promise<{ train: TokenSet; validation: TokenSet }> {
  const lines = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({
      prompt: `Tom has ${i} red apples and one hat.`,
      completion: `The hat of Tom is ${['red', 'blue', 'green'][i % 3]}, he said.`,
    }),
  );
  const table = await parseFile('t.jsonl', new Blob([lines.join('\n')]));
  const options = {
    ...USUAL_OPTIONS,
    mapping: { kind: 'prompt-completion' as const, roles: { prompt: 'prompt', completion: 'completion' } },
    template: { prompt: '{prompt}\n', completion: '{completion}' },
    maxSequenceLength,
    validationShare: 0.2,
    seed: 3,
  };
  return prepare(table, options, await openTokenizer(NANO));
}

/** LoRA beside TS-LoRA, eight steps. */
export function smallSession(change: Partial<SessionConfig['train']> = {}): SessionConfig {
  const e = defaultSession();
  return {
    ...e,
    train: {
      ...e.train,
      steps: 8,
      warmupSteps: 2,
      batchSize: 2,
      maxSequenceLength: 48,
      evalInterval: 4,
      evalExamples: 5,
      ...change,
    },
  };
}

/** In Node the CPU engine, whatever is asked for: there is nothing else. */
const openTestDevice = (choice: DeviceChoice) => (onCpu ? openCpuDevice({ threads: 1 }) : openDevice(choice));

/**
 * One studio for all tests that don't ask for their own: its pipelines are most of a short run on a software adapter.
 */
let heard: (event: TrainEvent) => void = () => undefined;
const shared = new TrainService((event) => heard(event), openTestDevice);

/**
 * A studio whose events are kept, and a promise for the next phase of a kind.
 * @param own a new studio with a device of its own @param open the same, on this device
 * @param mayFail a session may break off
 * @param on sees every event as it is sent
 */
export function watched({
  own = false,
  open,
  mayFail = false,
  on = () => undefined,
}: {
  own?: boolean;
  mayFail?: boolean;
  open?: (choice: DeviceChoice) => Promise<Device>;
  on?: (event: TrainEvent, studio: TrainService) => void;
} = {}) {
  const events: TrainEvent[] = [];
  const waiting: { phases: string[]; resolve: (phase: string) => void }[] = [];
  const hear = (event: TrainEvent) => {
    events.push(event);
    if (event.type === 'fatal' && !mayFail) throw new Error(say(event.error));
    if (event.type === 'phase')
      for (const w of waiting.filter((x) => x.phases.includes(event.phase))) {
        waiting.splice(waiting.indexOf(w), 1);
        w.resolve(event.phase);
      }
    on(event, studio);
  };
  const alone = own || open !== undefined;
  if (!alone) heard = hear;
  const studio: TrainService = alone ? new TrainService(hear, open ?? openTestDevice) : shared;
  const phase = (...phases: string[]) => new Promise<string>((resolve) => waiting.push({ phases, resolve }));
  const losses = (runId: string) => events.flatMap((e) => (e.type === 'step' && e.runId === runId ? [e.loss] : []));
  return { studio, events, phase, losses };
}
