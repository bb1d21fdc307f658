/** Prompts as each model was trained to read them, and prompts out of validation examples. */
import type { DataKind } from '../../shared/data';
import { unguard } from '../../shared/guard';
import { fillTemplate, rowValues } from '../../shared/template';
import type { Prompt } from '../../shared/types';
import { splitWords } from '../../shared/wordDiff';
import type { RunId } from '../../train/protocol';
import type { DatasetCommands } from '../dataset';
import type { State } from '../slices';
import { comparePrompt, type ApplyChatTemplate } from '../template';
import type { Contender } from './contenders';

export interface AskedPrompt {
  /** As a person reads it. */
  text: string;
  /**
   * 'typed': it takes the first role of a model's template. 'raw': it is asked as it stands. A row of data, by role,
   * goes into the template of every model that was trained on this kind. A chat that the model's own template wrote is
   * asked as that.
   */
  from: 'typed' | 'raw' | Exclude<Prompt, string> | { kind: DataKind; values: ReadonlyMap<string, string> };
}

/** The prompt as one model gets it: in the template that it was trained with. */
export async function templated(
  { text, from }: AskedPrompt,
  { prompt: { mapping, template } }: Pick<Contender, 'prompt'>,
  applyChatTemplate: ApplyChatTemplate,
): Promise<Prompt> {
  if (from === 'raw') return text;
  if (from === 'typed') return comparePrompt(text, mapping, template, applyChatTemplate);
  if ('templated' in from) return from;
  return mapping?.kind === from.kind && template.prompt !== ''
    ? fillTemplate(template.prompt, from.kind, from.values, null)
    : text;
}

/** Those that are asked the very same words, together: they answer in one pass. */
export async function passes(
  asked: readonly { contender: Pick<Contender, 'prompt'>; runId: RunId }[],
  prompt: AskedPrompt,
  applyChatTemplate: ApplyChatTemplate,
): Promise<{ prompt: Prompt; runs: RunId[] }[]> {
  const groups = new Map<string, { prompt: Prompt; runs: RunId[] }>();
  for (const { contender, runId } of asked) {
    const words = await templated(prompt, contender, applyChatTemplate);
    const key = JSON.stringify(words);
    groups.set(key, { prompt: words, runs: [...(groups.get(key)?.runs ?? []), runId] });
  }
  return [...groups.values()];
}

/** Words of a plain text that stand for a prompt. */
const OPENING = 8;

/** The first words of a text, at most half of it. */
export function opening(text: string): string {
  const words = splitWords(text);
  return words
    .slice(0, Math.max(1, Math.min(OPENING, Math.floor(words.length / 2))))
    .map((w) => w.text)
    .join('')
    .trim();
}

/** One of the validation examples under Data. @param pick its place among them, of how many there are */
export async function validationPrompt(
  data: DatasetCommands,
  state: () => State,
  pick: (total: number) => number,
): Promise<AskedPrompt | null> {
  const at = (from: number) => data.rows.list({ filter: 'validation', search: '', also: [], from, count: 1 });
  const total = (await at(0))?.total ?? 0;
  if (total === 0) return null;
  const found = await at(pick(total));
  const detail = found?.rows[0] && (await data.rows.detail(found.rows[0].item));
  if (!detail) return null;
  const { mapping, template, parsed } = state().dataset;
  if (detail.cells && mapping && parsed && mapping.kind !== 'text' && mapping.kind !== 'chat') {
    const values = rowValues(parsed.table.columns, mapping)(detail.cells);
    return { text: fillTemplate(template.prompt, mapping.kind, values, null), from: { kind: mapping.kind, values } };
  }
  if (!detail.example) return null;
  if (detail.prompt)
    return typeof detail.prompt === 'string'
      ? { text: detail.prompt, from: 'raw' }
      : { text: unguard(detail.prompt.templated), from: detail.prompt };
  // What the model is not taught, it is told.
  const bosId = state().model.info?.config.bosId ?? null;
  const tokens = detail.example.tokens.filter((t, i) => i > 0 || t.id !== bosId);
  const told = tokens.findIndex((t) => t.state !== 'masked');
  const text = (part: typeof tokens) => part.map((t) => t.text).join('');
  return {
    text: told > 0 ? text(tokens.slice(0, told)) : opening(found.rows[0].texts[0] ?? text(tokens)),
    from: 'raw',
  };
}
