/** `sieve train`: what *Train* does on the page, and what the page then exports, as files. */
import { ConfigError, SieveError, messageOf } from '../shared/errors';
import { message } from '../shared/message';
import { usedDevice } from '../store/device';
import { CheckpointFolder } from './checkpoints';
import { dataChoices, deviceWish } from './choices';
import type { Command } from './command';
import { EXIT } from './exit';
import { withFlags } from './flags';
import { Report } from './report';
import { RunLog, write } from './runLog';
import { openData, readModel, readSetup, sameFiles } from './setup';
import { Workplace, readSets } from './workplace';

/** Time between two checkpoints, in ms. */
const CHECKPOINT_EVERY = 15_000;

export const train: Command = async ({ options, words, terminal, texts, interrupted }) => {
  const setup = await readSetup(words[0]);
  const config = withFlags(setup.config, options.settings);
  if (!options.data) throw new ConfigError(message('cli.noData'));
  const files = await openData([...options.data, ...(options.validation ?? [])]);
  const choices = dataChoices(options, setup.recipe);
  const place = new Workplace(deviceWish(options));
  const report = new Report({ terminal, texts, config, json: options.json === true });
  place.listen((event) => report.hear(event));
  try {
    const info = await place.openModel(await readModel(options.model, options['model-file'], setup.model));
    report.model(info);
    const { report: found, recipe, ...sets } = await readSets(place, files, { choices, config });
    report.data(found, recipe);
    if (setup.recipe && !sameFiles(setup.recipe, recipe)) report.warn(message('cli.otherData'));

    const out = options.out ?? 'sieve-out';
    const checkpoints = new CheckpointFolder(out);
    if (options.fresh) await checkpoints.clear();
    const checkpoint = await checkpoints.find({ config, model: info.source, ...sets });
    if (checkpoint) report.resumes(checkpoint.info.step, checkpoints.path);
    else await checkpoints.begin(sets);
    const device = usedDevice(info.device);
    const log = new RunLog({ config, recipe, source: info.source, device, checkpoint });
    const ended = endOf(place);
    const deaf = place.listen((event) => log.hear(event));
    const input = { ...sets, samplePrompts: null };
    if (checkpoint) await place.service.restore({ type: 'restore', state: checkpoint.state, ...input });
    else await place.service.start({ type: 'start', config, ...input });

    // All events up to a state come before it.
    const save = () => checkpoints.save(async (hash) => log.checkpoint(await place.service.state(), hash));
    const timer = setInterval(() => {
      save().catch((error: unknown) => report.warn(messageOf(error)));
    }, CHECKPOINT_EVERY);
    const handOver = async () => {
      const { files: state } = await place.service.handOver({ type: 'hand-over', template: recipe.template });
      report.file(await write(out, await log.training(state)));
    };
    const stop = interrupted().then(() => 'interrupted' as const);
    const phase = await Promise.race([ended, stop]).finally(() => clearInterval(timer));
    if (phase === 'interrupted') {
      const step = await save();
      if (options['hand-over']) await handOver();
      // What is given up has no more to say.
      deaf();
      report.interrupted(step, checkpoints.path);
      return EXIT.interrupted;
    }
    for (const written of await log.files(place.service, phase)) report.file(await write(out, written));
    if (options['hand-over']) await handOver();
    await checkpoints.clear();
    return phase === 'failed' ? EXIT.failed : log.failed ? EXIT.someFailed : EXIT.done;
  } finally {
    report.close();
    await place.close();
  }
};

/** How a session ends. @throws {SieveError} what broke it */
function endOf(place: Workplace): Promise<'finished' | 'stopped' | 'failed'> {
  const end = new Promise<'finished' | 'stopped' | 'failed'>((resolve, reject) => {
    place.listen((event) => {
      if (event.type === 'fatal') reject(new SieveError(event.error));
      if (event.type !== 'phase') return;
      const { phase } = event;
      if (phase === 'finished' || phase === 'stopped') resolve(phase);
      // What broke it is said right after.
      else if (phase === 'failed') setTimeout(() => resolve(phase));
    });
  });
  // Whoever was interrupted no longer waits for it.
  end.catch(() => undefined);
  return end;
}
