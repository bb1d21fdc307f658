/** The chat templates that a model brings beside its tokenizer. */
import type { ChatTemplate } from '../shared/data';
import type { ModelSource } from '../shared/types';
import { FetchError, type FetchOptions } from './download';
import { fetchFile } from './source';

/** What newer models have beside `tokenizer_config.json`. */
export const TEMPLATE_FILE = 'chat_template.jinja';
/** In bytes. */
const MAX_TEMPLATE_FILE = 1 << 20;

type Fields = Record<string, unknown>;

const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/**
 * The chat templates of `tokenizer_config.json` (one text, or a list of named ones), the usual one first; where it has
 * none, the file that newer models have beside it.
 * @param config contents of `tokenizer_config.json`
 */
export async function openChatTemplates(
  source: ModelSource,
  config: unknown,
  options: FetchOptions = {},
): Promise<ChatTemplate[]> {
  const own = readChatTemplates(config);
  // The embedded models have no such file: to ask for it would only be noise.
  if (own.length > 0 || source.kind === 'embedded') return own;
  try {
    const bytes = await fetchFile(source, TEMPLATE_FILE, MAX_TEMPLATE_FILE, options);
    return readChatTemplates({ ...fields(config), chat_template: new TextDecoder().decode(bytes) });
  } catch (error) {
    if (error instanceof FetchError && error.reason === 'missing') return [];
    throw error;
  }
}

/** Those that stand in `tokenizer_config.json`; what is no template is passed over. */
export function readChatTemplates(config: unknown): ChatTemplate[] {
  const { chat_template: given, ...rest } = fields(config);
  const tokens = Object.fromEntries(
    Object.entries(rest).flatMap(([key, value]) => {
      const text = typeof value === 'string' ? value : fields(value).content;
      return key.endsWith('_token') && typeof text === 'string' ? [[key, text]] : [];
    }),
  );
  const listed = Array.isArray(given) ? given.map(fields) : [{ name: 'default', template: given }];
  const found = listed.flatMap(({ name, template }) =>
    typeof name === 'string' && typeof template === 'string'
      ? [{ name: name.slice(0, 100), source: template, tokens }]
      : [],
  );
  return found.sort((a, b) => Number(b.name === 'default') - Number(a.name === 'default'));
}
