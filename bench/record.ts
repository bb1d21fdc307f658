/** What a row is, what it gets and what it hands back. Plain data: it crosses from the browser to Node. */
import type { DeviceInfo } from '../src/shared/types';

/** Set on the command line as `--name value`; every row has its own defaults. */
export interface BenchOptions {
  /** A folder under public/models. */
  model: string;
  rank: number;
  /** Sequences a step, and tokens a sequence. */
  sequences?: number;
  tokens?: number;
  /** Interleaved rounds of a row's arms, after one that is not counted. */
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
}

/** What a row module returns. */
export interface RowResult {
  /** The GPU it ran on; null when it was skipped before one was opened. */
  gpu: DeviceInfo | null;
  records: BenchRecord[];
  /** Tables for the reader, already formatted. */
  text?: string;
}

export function record(name: string, value: number, unit: string, bar: Bar | null, detail = ''): BenchRecord {
  const pass = bar && (bar[0] === '>=' ? value >= bar[1] : value <= bar[1]);
  return { name, value, unit, bar: bar && barText(bar), pass, detail };
}

/** A record of what could not be measured. */
export const skipped = (name: string, unit: string, bar: Bar | null, why: string): BenchRecord => ({ name, value: null, unit, bar: bar && barText(bar), pass: null, detail: `skipped: ${why}` });

const barText = ([sign, value]: Bar) => `${sign} ${value}`;

/** Node's side of a row: what a page cannot do itself. Exposed to every row's page under these names. */
export interface Services {
  /** Bytes of the page's JavaScript heap after a full collection. */
  benchHeap(): Promise<number>;
  /** Builds the peers' bundles and serves them under /peers/; the reason when that cannot be done, else ''. */
  benchPeers(): Promise<string>;
  /** PyTorch's milliseconds a step by shape, or the reason why there are none. */
  benchTorch(): Promise<{ device: string; ms: Record<string, number> } | { why: string }>;
}

export const services = (): Services => globalThis as unknown as Services;
