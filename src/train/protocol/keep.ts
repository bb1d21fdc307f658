/**
 * What the page asks the keep worker for: checkpoints, saved sessions and data files in the browser's private file
 * system.
 */
import type { SessionConfig } from '../../shared/config';
import type { OwnFile } from '../../shared/data';
import type { DataRecipe, SourceFile } from '../../shared/dataRecipe';
import type { ModelSource, TokenSet, UsedDevice } from '../../shared/types';
import type { SessionState } from './sessionState';
import type { AdapterFile } from './train';

/** What the page is told of an interrupted run before it asks for all of it. */
export interface CheckpointInfo {
  savedAt: number;
  startedAt: number;
  step: number;
  config: SessionConfig;
  model: ModelSource;
  /** What it ran on, in order: on another than the last, the last bits may differ. None where nobody knows. */
  devices: UsedDevice[];
  /** SHA-256 of the token sets, which lie beside the checkpoint. */
  dataHash: string;
  /** What the data were called and made from; absent in checkpoints of before it was kept. */
  data?: { name: string; recipe: DataRecipe | null };
}

/** Everything to go on from: the worker's snapshot, and the page's own (curves, template; opaque to the worker). */
export interface Checkpoint {
  info: CheckpointInfo;
  state: SessionState;
  page: unknown;
}

/**
 * The worker that writes to the origin's private file system; exported files aside, which the train worker makes there.
 */
export type KeepRequest =
  /** Writes the token sets of a run that begins, unless they lie there already. */
  | { type: 'save-data'; train: TokenSet; validation: TokenSet }
  /** Into the older of two slots. */
  | { type: 'save-checkpoint'; checkpoint: Checkpoint }
  | { type: 'checkpoint-info' }
  | { type: 'load-checkpoint' }
  | { type: 'clear-checkpoint' }
  /** A saved session as one zip. */
  | { type: 'write-run'; id: string; files: AdapterFile[] }
  | { type: 'delete-run'; id: string }
  /** Hashes the files that a data set is made from, and with `write` keeps them. */
  | { type: 'keep-sources'; files: OwnFile[]; write: boolean }
  | { type: 'open-sources'; files: SourceFile[] }
  /** Deletes all files that are not `wanted`, nor the checkpoint's; where those are too large, the last of them too. */
  | { type: 'sweep-sources'; wanted: string[] };

export interface KeepReplies {
  'save-data': { hash: string };
  'save-checkpoint': { bytes: number };
  /** `damaged`: slots whose checksum is wrong; the other one, older, is used then. */
  'checkpoint-info': { info: CheckpointInfo | null; damaged: number };
  'load-checkpoint': { checkpoint: Checkpoint; train: TokenSet; validation: TokenSet };
  'write-run': { bytes: number };
  /** `kept`: they lie in this browser now. */
  'keep-sources': { files: SourceFile[]; kept: boolean };
  /** Null where one is not there any more. */
  'open-sources': OwnFile[] | null;
}
