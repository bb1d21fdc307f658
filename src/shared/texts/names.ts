/** Names in the language in use. */
import type { SampleWords, Shipped } from '../data';
import type { Names, Varied } from '../names';
import { sweptSetting } from '../settings';
import { language, texts } from './index';
import { valueWords, wordsOf } from './settingWords';

/** Title and description of a model or sample set in the language in use, in English where it has no other. */
export const shippedWords = (shipped: Shipped): SampleWords => shipped.in?.[language()] ?? shipped;

const sweptOf = (field: string) => sweptSetting(field)!;

/** What a setting is called inside a sentence. */
function axisName(field: string): string {
  const { label, short } = wordsOf(sweptOf(field));
  return short ?? texts().settings.inSentence(label);
}

/** A setting with its value, as it stands in a variant's name: "rank 8", "dropout 5 %". */
const axisWords = ({ field, shown }: Varied) =>
  `${axisName(field)} ${valueShown(field, shown)}${sweptOf(field).setting.unit === 'percent' ? ' %' : ''}`;

/** A choice in words, a number as it was typed. */
function valueShown(field: string, shown: string): string {
  const named = sweptOf(field);
  if (named.setting.kind === 'flag') return valueWords(named, shown === 'true');
  return named.setting.kind === 'choice' ? valueWords(named, shown) : shown;
}

/** A run's name with something added, in the 60 characters that a name may have. */
const within = (run: string, added: string): string =>
  texts()
    .experiment.grid.list([run.slice(0, 58 - added.length), added])
    .slice(0, 60);

export const names: Names = {
  data(origin, samples) {
    if (!origin) return '';
    if (origin.kind === 'paste') return texts().common.pastedText;
    if (origin.kind === 'file') return origin.name;
    const sample = samples.find((s) => s.id === origin.id);
    return sample ? shippedWords(sample).title : origin.id;
  },
  severalFiles: (first, n) => texts().common.severalFiles(first, n),
  editedTemplate: (name) => texts().data.mapping.edited(name),
  savedSession(runs, data) {
    const t = texts().history.startName;
    const shown = (runs.length > 3 ? [...runs.slice(0, 2), t.more(runs.length - 2)] : runs).join(', ');
    return (data ? t.on(shown, data) : shown).slice(0, 120);
  },
  base: () => texts().compare.name.base,
  baseOf: (kept) => texts().compare.name.baseOf(kept),
  imported: (adapter) => texts().compare.name.imported(adapter),
  unnamedAdapter: () => texts().compare.name.unnamed,
  experiment: {
    compare: (of, seeds) => texts().experiment.form.name.compare(of, seeds).slice(0, 120),
    grid: (of, by, seeds) => {
      const { grid } = texts().experiment.form.name;
      return grid(of, by.map(axisName).join(' × '), seeds).slice(0, 120);
    },
    importance: (seeds) => texts().experiment.form.name.importance(seeds),
    many: (of, n) => texts().experiment.form.name.many[of](n),
  },
  setting(values) {
    return texts().experiment.grid.list(values.map(axisWords));
  },
  arm: (method, of) => within(method, texts().experiment.form.arm[of] ?? of),
  shrunk: (run) => within(run, texts().experiment.form.shrunk),
  sieved: (run, share) =>
    texts()
      .sieve.sieved(run, Math.round(share * 100))
      .slice(0, 60),
  variant: (run, setting) => (setting ? within(run, setting) : run),
  probe: (which) => texts().experiment.modules.probe[which],
  ranking: (which) => {
    const { all, ranking } = texts().experiment.modules;
    return which === 'all' ? all : ranking[which].name;
  },
};
