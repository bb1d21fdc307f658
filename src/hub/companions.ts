/**
 * The small files that a model needs beside its weights, as its repository has them: they go with whatever is made of
 * it.
 */
import type { ModelSource } from '../shared/types';
import { FetchError, type FetchOptions } from './download';
import { configText } from './configText';
import { configOf } from './gguf/config';
import { forgetHead, orFromGguf } from './gguf/head';
import { tokenizerOf } from './gguf/tokenizer';
import { fetchFile } from './source';
import { TEMPLATE_FILE } from './templateFiles';

export interface Companion {
  name: string;
  bytes: Uint8Array;
}

const MAX_BYTES = 64 << 20;
const CONFIG = 'config.json';
const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'] as const;
const GENERATION = 'generation_config.json';
/** What a repository may have besides, by their names. */
const OPTIONAL = ['special_tokens_map.json', TEMPLATE_FILE, 'preprocessor_config.json', 'LICENSE'];

const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/**
 * `config.json` as text, and the other files: the tokenizer's, how answers are made, the licence. What a repository
 * with a GGUF alone lacks is made of the metadata.
 * @param text whether the model reads text, and so must have a tokenizer
 * @throws {ModelError} where a file that it cannot be without is missing
 */
export async function companionsOf(
  source: ModelSource,
  text: boolean,
  options: FetchOptions = {},
): Promise<{ config: string; files: Companion[] }> {
  const fetch = (name: string) => fetchFile(source, name, MAX_BYTES, options);
  const own = async (names: readonly string[]): Promise<Companion[]> =>
    Promise.all(names.map(async (name) => ({ name, bytes: await fetch(name) })));
  const optional = async (name: string): Promise<Companion[]> => {
    try {
      return [{ name, bytes: await fetch(name) }];
    } catch (error) {
      if (error instanceof FetchError && error.reason === 'missing') return [];
      throw error;
    }
  };
  try {
    const config = await orFromGguf(
      source,
      options,
      async () => new TextDecoder().decode(await fetch(CONFIG)),
      (head) => configText(configOf(head)),
    );
    const tokenizer = text
      ? await orFromGguf(
          source,
          options,
          () => own(TOKENIZER),
          (head) => {
            const made = tokenizerOf(head);
            return [made.json, made.config].map((value, i) => ({ name: TOKENIZER[i], bytes: json(value) }));
          },
        )
      : [];
    // The app's own models have no others: to ask for them would only be noise.
    const others = source.kind === 'embedded' ? [GENERATION] : [GENERATION, ...OPTIONAL];
    return { config, files: withTemplate([...tokenizer, ...(await Promise.all(others.map(optional))).flat()]) };
  } finally {
    forgetHead();
  }
}

/**
 * transformers.js takes a tokenizer's chat template from its settings alone: one that lies beside them is written
 * there, too.
 */
function withTemplate(files: Companion[]): Companion[] {
  const template = files.find(({ name }) => name === TEMPLATE_FILE);
  if (!template) return files;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return files.map((file) => {
    if (file.name !== TOKENIZER[1]) return file;
    const settings = JSON.parse(text(file.bytes)) as Record<string, unknown>;
    return settings.chat_template
      ? file
      : { ...file, bytes: json({ ...settings, chat_template: text(template.bytes) }) };
  });
}
