/**
 * `sieve eval`: what adapters are worth on a data file, by the loss and, where its rows have labels, by how many they
 * tell.
 */
import { existsSync, openAsBlob } from 'node:fs';
import { defaultSession } from '../shared/config';
import type { DataRecipe } from '../shared/dataRecipe';
import { AdapterError, ConfigError, StorageError } from '../shared/errors';
import { message } from '../shared/message';
import { totalSkipped } from '../store/metricLog';
import { readRunParts } from '../store/runFile';
import { unzipAdapter } from '../store/zip';
import { type Evaluation, joinSets } from '../train/evaluate';
import type { AdapterFile, ModelSource, RunId } from '../train/protocol';
import { type AdapterFacts, factsOf } from './adapterFacts';
import { dataChoices, deviceWish } from './choices';
import type { CliWords, Command } from './command';
import { EXIT } from './exit';
import { withFlags } from './flags';
import { openData, readModel } from './setup';
import { Workplace } from './workplace';

interface Named extends AdapterFacts {
  runId: RunId;
  name: string;
  files: AdapterFile[];
}

/** What is evaluated, and what its files say of model, data and settings. */
interface Given {
  adapters: Named[];
  model: ModelSource | null;
  recipe: DataRecipe | null;
  config: ReturnType<typeof defaultSession>;
}

const isNoSession = (error: unknown): boolean =>
  error instanceof StorageError && error.code === 'store.runFile.noMetricLog';

/** An adapter's zip, or an exported session with all of its runs. */
async function readGiven(path: string | undefined): Promise<Given> {
  const alone: Given = { adapters: [], model: null, recipe: null, config: defaultSession() };
  if (path === undefined) return alone;
  if (!existsSync(path)) throw new AdapterError(message('cli.noFile', { path }));
  const zip = await openAsBlob(path);
  try {
    const { record, adapters } = await readRunParts(zip);
    if (!record) throw new ConfigError(message('store.runFile.noRecord'));
    const named = [...adapters].map(([id, files]) => {
      const name = record.config.runs.find((run) => run.id === id)?.name ?? id;
      return { ...factsOf(files), runId: id, name, files };
    });
    return { adapters: named, model: record.model, recipe: record.recipe, config: record.config };
  } catch (error) {
    if (!isNoSession(error)) throw error;
    const files = await unzipAdapter(zip);
    const facts = factsOf(files);
    return { ...alone, adapters: [{ ...facts, runId: 'adapter', name: facts.name ?? 'adapter', files }] };
  }
}

const inJson = (name: string, { runId, loss, examples, supervised, gate, scores }: Evaluation): object => ({
  type: 'evaluation',
  runId,
  name,
  loss,
  examples,
  supervised,
  skipped: gate && totalSkipped(gate),
  accuracy: scores && { right: scores.right, examples: scores.examples, ...scores.accuracy },
  macroF1: scores && scores.macroF1,
  classes: scores && scores.classes.map((own, i) => ({ label: scores.names[i], ...own })),
});

const inWords = (words: CliWords, name: string, { loss, gate, scores }: Evaluation): string =>
  words.evaluation({
    run: name,
    loss: loss.toFixed(4),
    skipped: gate && totalSkipped(gate),
    labels: scores && { right: scores.right, of: scores.examples, f1: scores.macroF1?.toFixed(3) ?? '–' },
  });

export const evaluateCommand: Command = async ({ options, words, terminal, texts }) => {
  if (words.length > 1) throw new ConfigError(message('cli.oneAdapter'));
  if (!options.data) throw new ConfigError(message('cli.noData'));
  const given = await readGiven(words[0]);
  const config = withFlags(given.config, options.settings);
  const files = await openData(options.data);
  const place = new Workplace(deviceWish(options));
  try {
    const named = options.model ?? (given.model ? undefined : given.adapters[0]?.base);
    await place.openModel(await readModel(named, options['model-file'], given.model));
    const choices = dataChoices(options, given.recipe);
    const asked: (Named | null)[] = [null, ...given.adapters];
    for (const one of asked) {
      const template = given.recipe ? undefined : (one ?? given.adapters[0])?.template;
      const read = await place.readData(files, { ...choices, ...(template && { template }) }, config);
      const set = joinSets(read.train, read.validation);
      if (one === null && set.labels && given.adapters.length > 0) continue; // The classes are the adapter's own.
      // Its check.json proves that it does here what it did where it was written.
      if (one) {
        const { runId } = await place.service.import({ type: 'import', files: one.files, as: null });
        await place.service.release({ type: 'release', runId });
      }
      const found = await place.service.evaluate(one, set, config.train);
      const name = one?.name ?? texts.base;
      terminal.progress('');
      terminal.print(options.json ? JSON.stringify(inJson(name, found)) : inWords(texts, name, found));
    }
    return EXIT.done;
  } finally {
    await place.close();
  }
};
