/**
 * A set-up as a command line: the same model, settings and reading of the data in a terminal (`src/cli/options.ts`).
 */
import { READ_AUTO } from '../../shared/data';
import { chosenRevision } from '../../shared/revision';
import { defaultTemplate } from '../../shared/template';
import type { ModelSource } from '../../shared/types';
import { type DatasetSlice, initialState } from '../slices';

/** As a shell takes it for one word, whatever it holds. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const modelWords = (source: ModelSource | null): string[] => {
  if (!source) return [];
  const { kind, id } = source;
  const revision = chosenRevision(source);
  const name = revision === null ? id : `${id}@${revision}`;
  const file = kind !== 'embedded' && source.file !== undefined ? ['--model-file', source.file] : [];
  return ['--model', name, ...file];
};

/** What the data are, where a person has said it, and what else is not as it was at the start. */
function dataWords(dataset: DatasetSlice): string[] {
  const { parsed, mapping, ownMapping, template, validationShare, seed, maxExamples, stratify, completionOnly } =
    dataset;
  const start = initialState().dataset;
  const words = (parsed?.table.files ?? []).flatMap(({ path, use }) =>
    use === 'none' ? [] : [use === 'validation' ? '--validation' : '--data', path.split('/').at(-1)!],
  );
  if (mapping && ownMapping) {
    words.push('--kind', mapping.kind);
    for (const [role, column] of Object.entries(mapping.roles))
      if (column !== null) words.push('--column', `${role}=${column}`);
    const { prompt, completion } = defaultTemplate(mapping);
    if (!template.chat && template.prompt !== prompt) words.push(`--prompt-template=${template.prompt}`);
    if (!template.chat && template.completion !== completion)
      words.push(`--completion-template=${template.completion}`);
  }
  if (validationShare !== start.validationShare) words.push('--validation-share', String(validationShare));
  if (seed !== start.seed) words.push('--data-seed', String(seed));
  if (maxExamples !== start.maxExamples) words.push('--max-examples', String(maxExamples));
  if (!stratify) words.push('--no-stratify');
  if (!completionOnly) words.push('--all-tokens');
  return words;
}

/** Whether options say all of it: rows that were edited, repairs and some choices of reading have none. */
function isSaid({ parsed, mapping, ownMapping, template, chatChoice, choices, decisions }: DatasetSlice): boolean {
  const { edits } = decisions;
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return (
    same({ ...choices, files: {} }, READ_AUTO) &&
    edits.excluded.length + edits.changed.length === 0 &&
    (!parsed || same(decisions.repairs, parsed.repairs)) &&
    chatChoice === initialState().dataset.chatChoice &&
    !(ownMapping && (template.chat || mapping?.speakers || mapping?.lastAnswer || mapping?.firstAnswer))
  );
}

/**
 * @param link of the settings, see `settingsLink`
 * @returns the line, and whether it says all that was chosen
 */
export function commandLine(
  link: string,
  { model, dataset }: { model: ModelSource | null; dataset: DatasetSlice },
): { line: string; whole: boolean } {
  const words = ['npx', 'sieve', 'train', link, ...modelWords(model), ...dataWords(dataset)];
  return { line: words.map(quoted).join(' '), whole: isSaid(dataset) };
}
