/** What the page asks the worker for that pushes files to a hub. */
import type { PushFile, PushTarget } from '../../shared/repository';

/** The worker that pushes files to a hub; its events are `PushProgress`. */
export type PushRequest = { type: 'push'; target: PushTarget; token: string; title: string; files: PushFile[] };

export interface PushReplies {
  /** Where they are. */
  push: { url: string };
}
