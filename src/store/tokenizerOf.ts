/** How a model's tokenizer is opened in the data worker, and what kept it from opening. */
import type { ChatTemplate } from '../shared/data';
import type { FolderFiles, ModelSource } from '../train/protocol';
import type { DataClient } from './dataClient';

export interface OpeningTokenizer {
  /** The chat templates that it brings; null where it could not be opened. */
  open: () => Promise<ChatTemplate[] | null>;
  /** Why the last opening failed; null where it did not. */
  failure: () => Promise<{ error: unknown } | null>;
}

/** @param folder files of a source that is a folder */
export function openingTokenizer(
  data: DataClient,
  source: ModelSource,
  folder: { files?: FolderFiles } = {},
): OpeningTokenizer {
  let failed: { error: unknown } | null = null;
  let opened: Promise<ChatTemplate[] | null> = Promise.resolve(null);
  const open = () => {
    opened = data.request({ type: 'open-tokenizer', source, ...folder }).then(
      ({ templates }) => templates,
      (error: unknown) => {
        failed = { error };
        return null;
      },
    );
    return opened;
  };
  return { open, failure: async () => ((await opened) ? null : failed) };
}
