/** The README of files that leave the page: what the model is, what it was trained on and how, how to use it. */
import { METHOD_NAMES, type RunConfig } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
import type { RunFacts } from '../protocol';

export interface CardParts {
  run: RunConfig;
  /** The base, as its files name it. */
  model: { id: string; revision: string | null };
  /** What the base was read from, and how its values are stored. */
  base: { path: string; exact: boolean };
  template: PromptTemplate;
  facts: RunFacts | null;
  /** Names of the classes, where it tells some apart. */
  labels: readonly string[] | null;
  /** It reads pictures. */
  pictures: boolean;
  library: HubMetadata['library'];
  /** What the files are, in a sentence. */
  what: string;
  /** How they are used: lines of Markdown. */
  usage: readonly string[];
}

const number = (value: number): string => String(Number(value.toPrecision(5)));

/** What a README says to the Hub. */
export interface HubMetadata {
  /** The base's id. */
  base: string;
  labels: readonly string[] | null;
  pictures: boolean;
  /** What loads the files; null where the Hub sees it by itself. */
  library: 'peft' | 'transformers' | 'transformers.js' | null;
}

/** YAML of the Hub: what it is found by. An id without an owner is none of the Hub's. */
export function hubMetadata({ base, labels, pictures, library }: HubMetadata): string[] {
  const task = labels ? `${pictures ? 'image' : 'text'}-classification` : 'text-generation';
  return [
    '---',
    ...(base.includes('/') ? [`base_model: ${base}`] : []),
    ...(library ? [`library_name: ${library}`] : []),
    `pipeline_tag: ${task}`,
    'tags:',
    '- sieve',
    '---',
  ];
}

function trainedOn({ facts }: CardParts): string[] {
  if (!facts) return ['The files do not say what the adapter was trained on.'];
  const { data, split, losses, steps, train } = facts;
  const files = data.files.map(({ path, hash }) => `- ${path}: SHA-256 ${hash}`);
  const loss = (name: string, value: number | null) => (value === null ? [] : [`| ${name} | ${number(value)} |`]);
  return [
    `Data: ${data.name}${split ? ` (validation share ${split.validationShare}, split seed ${split.seed})` : ''}.`,
    '',
    ...(files.length > 0 ? [...files, ''] : []),
    '| loss, nats per token | |',
    '| --- | --- |',
    ...loss('base model, validation', losses.base),
    ...loss('validation', losses.validation),
    ...loss('train, last step', losses.train),
    '',
    `${steps} steps. All settings of the session:`,
    '',
    '```json',
    JSON.stringify(train, null, 2),
    '```',
  ];
}

export function modelCard(parts: CardParts): string {
  const { run, model, base, template, labels, what, usage } = parts;
  const revision = model.revision === null ? '' : ` (${model.revision})`;
  const prompt = template.chat
    ? [`Prompts are written by the chat template “${template.chat.name}”.`]
    : template.prompt
      ? ['Prompts were written so:', '', '```', template.prompt, '```']
      : [];
  return `${[
    ...hubMetadata({ ...parts, base: model.id }),
    '',
    `# ${run.name}`,
    '',
    what,
    '',
    `Base: ${model.id}${revision}, its file ${base.path}${base.exact ? '' : ', whose values are quantised'}. ` +
      `Method: ${METHOD_NAMES[run.method]}, rank ${run.rank}, alpha ${number(run.alpha)}. Trained in Sieve, in a browser tab.`,
    ...(labels ? ['', `Classes, in the order of the logits: ${labels.join(', ')}.`] : []),
    '',
    '## Use',
    '',
    ...usage,
    ...(prompt.length > 0 ? ['', ...prompt] : []),
    '',
    '## Training',
    '',
    ...trainedOn(parts),
    '',
    '```json',
    JSON.stringify(run, null, 2),
    '```',
  ].join('\n')}\n`;
}
