/**
 * `sieve prepare`: a session before its first step, as the file that `sieve-train` trains on other machines. Weights
 * are opened only of a model that tells classes apart, which is small: they say whether it has a head.
 */
import { ConfigError } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import { handOverFiles } from '../train/handOver';
import { headFor } from '../train/underHead';
import { dataChoices, deviceWish } from './choices';
import type { Command } from './command';
import { EXIT } from './exit';
import { withFlags } from './flags';
import { Report } from './report';
import { RunLog, write } from './runLog';
import { openData, readModel, readSetup } from './setup';
import { Workplace, readSets } from './workplace';

export const prepare: Command = async ({ options, words, terminal, texts }) => {
  const setup = await readSetup(words[0]);
  const config = withFlags(setup.config, options.settings);
  if (!options.data) throw new ConfigError(message('cli.noData'));
  const files = await openData([...options.data, ...(options.validation ?? [])]);
  const place = new Workplace(deviceWish(options));
  const report = new Report({ terminal, texts, config, json: options.json === true });
  try {
    const named = await readModel(options.model, options['model-file'], setup.model);
    const { source } = named;
    const described = await place.openDescription(named);
    const model = tellsClasses(described) ? (await place.openModel(named)).config : described;
    const choices = dataChoices(options, setup.recipe);
    const { report: found, recipe, ...sets } = await readSets(place, files, { choices, config });
    report.data(found, recipe);
    const log = new RunLog({ config, recipe, source, device: null, checkpoint: null });
    const { template } = recipe;
    const { data, head, ...trained } = headFor(model, sets, config.train);
    const asked = { config, source, model: trained.config, head, template, ...data, state: null };
    const state = handOverFiles(asked);
    report.file(await write(options.out ?? 'sieve-out', await log.training(state)));
    return EXIT.done;
  } finally {
    report.close();
    await place.close();
  }
};
