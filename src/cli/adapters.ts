/** `sieve generate`, `compare` and `export`: what adapters answer, and what is made of one for other runtimes. */
import { existsSync, mkdirSync, openAsBlob, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromptTemplate } from '../shared/data';
import { AdapterError, ConfigError } from '../shared/errors';
import { EXPORT_KINDS, VALUE_TYPES } from '../shared/exports';
import { message } from '../shared/message';
import { initialState } from '../store/slices';
import { adapterZipName, unzipAdapter } from '../store/zip';
import type { AdapterFile, RunId, Sampling } from '../train/protocol';
import { factsOf } from './adapterFacts';
import { deviceWish } from './choices';
import type { Command } from './command';
import { EXIT } from './exit';
import { type Options, numberOf, oneOf } from './options';
import { readModel } from './setup';
import { Workplace } from './workplace';

/** Most new tokens of an answer, as on the page. */
const MOST_TOKENS = 4096;

interface Loaded {
  runId: RunId;
  name: string;
  template: PromptTemplate | null;
}

/** Opens the model and takes in the adapters, of zips as the page exports them. */
async function load(place: Workplace, paths: readonly string[], options: Options): Promise<Loaded[]> {
  const zips: AdapterFile[][] = [];
  for (const path of paths) {
    if (!existsSync(path)) throw new AdapterError(message('cli.noFile', { path }));
    zips.push(await unzipAdapter(await openAsBlob(path)));
  }
  const named = options.model ?? (zips.length > 0 ? factsOf(zips[0]).base : undefined);
  await place.openModel(await readModel(named, options['model-file'], null));
  const loaded: Loaded[] = [];
  for (const files of zips) loaded.push(await place.service.import({ type: 'import', files, as: null }));
  return loaded;
}

function samplingOf(options: Options): Sampling {
  const { sampling } = initialState().runs;
  const most = options['max-new-tokens'];
  const { temperature, 'top-p': topP, 'sampling-seed': seed } = options;
  return {
    maxNewTokens: most === undefined ? sampling.maxNewTokens : numberOf('max-new-tokens', most, [1, MOST_TOKENS]),
    temperature:
      temperature === undefined ? sampling.temperature : numberOf('temperature', temperature, [0, 10], false),
    topP: topP === undefined ? sampling.topP : numberOf('top-p', topP, [0, 1], false),
    seed: seed === undefined ? sampling.seed : numberOf('sampling-seed', seed, [0, 0xffffffff]),
  };
}

/** @param beside whether the base model answers, too */
const answering =
  (beside: boolean): Command =>
  async ({ options, words, terminal, texts }) => {
    const typed = options.prompt;
    if (typed === undefined) throw new ConfigError(message('cli.noPrompt'));
    const sampling = samplingOf(options);
    const place = new Workplace(deviceWish(options));
    try {
      const adapters = await load(place, words, options);
      const base: Loaded = { runId: 'base', name: texts.base, template: adapters[0]?.template ?? null };
      for (const { runId, name, template } of beside || adapters.length === 0 ? [base, ...adapters] : adapters) {
        const prompt = await place.promptOf(typed, template);
        const reply = await place.service.generate({ type: 'generate', runs: [runId], prompt, sampling }, 0);
        const text = reply.texts[runId] ?? '';
        if (options.json) terminal.print(JSON.stringify({ type: 'answer', runId, name, text }));
        else terminal.print(beside || adapters.length > 1 ? `[${name}] ${text}` : text);
      }
      return EXIT.done;
    } finally {
      await place.close();
    }
  };

export const generate = answering(false);
export const compare = answering(true);

export const exportAdapter: Command = async ({ options, words, terminal }) => {
  if (words.length !== 1) throw new ConfigError(message('cli.oneAdapter'));
  const kind = oneOf('to', options.to ?? '', EXPORT_KINDS);
  const values = oneOf('values', options.values ?? 'F32', VALUE_TYPES);
  const place = new Workplace(deviceWish(options));
  try {
    const [{ runId, name, template }] = await load(place, words, options);
    const { zip } = await place.service.exportFiles({
      type: 'export-files',
      runId,
      kind,
      values,
      template: template ?? { prompt: '', completion: '' },
      facts: null,
    });
    const out = options.out ?? 'sieve-out';
    mkdirSync(out, { recursive: true });
    const path = join(out, adapterZipName(name, `-${kind}`));
    writeFileSync(path, new Uint8Array(await zip.arrayBuffer()));
    terminal.print(options.json ? JSON.stringify({ type: 'file', kind, path }) : path);
    return EXIT.done;
  } finally {
    await place.close();
  }
};
