/**
 * Trains a LoRA adapter on a few sentences, and lets it go on from the beginning of one: node train.mjs [model]
 * [steps].
 */
import { Generator, Trainer, fullLayout, openCpuDevice } from 'sieve';
import { openModel, promptIds, runSettings, textBatch, trainSettings } from 'sieve/text';

const [name = 'sieve-stories-nano', steps = '40'] = process.argv.slice(2);
const device = await openCpuDevice({ threads: 2 });
const { base, tokenizer } = await openModel(name, device);

const texts = ['The owl of Rome is blue.', 'The owl of Paris is red.', 'The owl of Bern is green.'];
const batch = textBatch(texts, tokenizer, 32);
const train = trainSettings({ steps: Number(steps), batchSize: texts.length, maxSequenceLength: 32, warmupSteps: 2 });
const run = runSettings({ id: 'owls', method: 'lora', rank: 4, alpha: 8 });
const trainer = await Trainer.create(base, [run], train, fullLayout(base.config, 1, train));

for (let step = 0; step < train.steps; step++) {
  const { loss } = await (await trainer.step(['owls'], [batch], step)).get('owls');
  if (step % 10 === 0 || step + 1 === train.steps) console.log(`step ${step + 1}: loss ${loss.toFixed(4)}`);
}

const generator = await Generator.create(base, [trainer.run('owls')], 32);
const sampling = { seed: 1, maxNewTokens: 4, temperature: 0, topP: 1 };
const [ids] = await generator.generate(promptIds(tokenizer, 'The owl of Paris is'), sampling, () => true);
console.log(`The owl of Paris is${tokenizer.decode(ids)}`);
generator.free();
trainer.free();
base.free();
device.destroy();
