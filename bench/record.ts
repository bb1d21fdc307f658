/** What a row is, what it gets and what it hands back. Plain data: it crosses from the browser to Node. */
import type { DeviceInfo } from '../src/shared/types';

/** Set on the command line as `--name value`; every row has its own defaults. */
export interface BenchOptions {
  /** A folder under public/models. */
  model: string;
  /** What the row runs on. */
  device: 'cpu' | 'gpu';
  /** Threads of the CPU engine. */
  threads: number;
  rank: number;
  /** Sequences a step, and tokens a sequence. */
  sequences?: number;
  tokens?: number;
  /** Interleaved rounds of a row's variants, after one that is not counted. */
  repeats?: number;
  /** Pairs of the gate's comparison. */
  pairs?: number;
  /** Steps of the row that looks for growth. */
  steps?: number;
}

/** What a value is held against: `['>=', 1.6]`. */
export type Bar = ['>=' | '<=', number];

export interface BenchRecord {
  name: string;
  /** null where it could not be measured; `detail` says why. */
  value: number | null;
  unit: string;
  bar: string | null;
  /** null where there is no bar or no value. */
  pass: boolean | null;
  detail: string;
  /**
   * Everything that was measured, by variant and in the order in which it was: ms, tokens a second, whatever `detail`
   * says.
   */
  readings: Readings;
}

export type Readings = Record<string, number[]>;

/** What a row module returns. */
export interface RowResult {
  /** The device it ran on; null when it was skipped before one was opened. */
  gpu: DeviceInfo | null;
  /** What to call what it ran on, where the row itself opened no device. */
  adapter?: string;
  records: BenchRecord[];
  /** Tables for the reader, already formatted. */
  text?: string;
}

export function record(
  name: string,
  value: number,
  unit: string,
  { bar, detail = '', readings = {} }: { bar: Bar | null; detail?: string; readings?: Readings },
): BenchRecord {
  return { name, value, unit, bar: bar && barText(bar), pass: passes(value, bar), detail, readings };
}

export const passes = (value: number | null, bar: Bar | null): boolean | null =>
  value === null || bar === null ? null : bar[0] === '>=' ? value >= bar[1] : value <= bar[1];

/** A record of what could not be measured. */
export const skipped = (name: string, unit: string, bar: Bar | null, why: string): BenchRecord => ({
  name,
  value: null,
  unit,
  bar: bar && barText(bar),
  pass: null,
  detail: `skipped: ${why}`,
  readings: {},
});

const barText = ([sign, value]: Bar) => `${sign} ${value}`;
/** `barText` backwards. */
export function barOf(text: string | null): Bar | null {
  if (text === null) return null;
  const [sign, value] = text.split(' ');
  return [sign as Bar[0], Number(value)];
}

/** Node's side of a row: what a page cannot do itself. Exposed to every row's page under these names. */
export interface Services {
  /** Bytes of the page's JavaScript heap after a full collection. */
  benchHeap(): Promise<number>;
  /** Builds the peers' bundles and serves them under /peers/; the reason when that cannot be done, else ''. */
  benchPeers(): Promise<string>;
  /** PyTorch's milliseconds of every step it timed, by shape; or the reason why there are none. */
  benchTorch(options: TorchOptions): Promise<{ device: string; ms: Record<string, number[]> } | { why: string }>;
  /** Seconds of CPU time that the page's main thread has used. */
  benchThreadSeconds(): Promise<number>;
}

/** What torch_step.py takes. Without `threads` as many as PyTorch chooses. */
export interface TorchOptions {
  device: 'cpu' | 'cuda';
  shapes: string[];
  repeats: number;
  threads?: number;
}

export const services = (): Services => globalThis as unknown as Services;
