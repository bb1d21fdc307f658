/**
 * Same seed, same bits: what thirty steps give here is compared with what is written down, and e2e/sameBits.ts compares
 * two browsers with the same. A change of a kernel that changes bits is seen here first; then the file is written anew,
 * on purpose.
 */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { FILES } from '../../e2e/data';
import { detect } from '../data/detect';
import { parseFile } from '../data/parse';
import { prepare } from '../data/prepare';
import { openTokenizer } from '../hub/tokenizer';
import { defaultSession } from '../shared/config';
import { defaultTemplate } from '../shared/template';
import expected from './testing/sameBits.json';
import { NANO, watched } from './testing/studio';
import { USUAL_OPTIONS } from '../data/testing/options';

it('thirty steps of LoRA and TS-LoRA give the bits that every browser gives', async () => {
  const [, facts] = FILES;
  const table = await parseFile(facts.name, new Blob([facts.text]));
  const { mapping } = detect(table);
  const template = defaultTemplate(mapping);
  const set = await prepare(
    table,
    {
      ...USUAL_OPTIONS,
      mapping,
      template,
      maxSequenceLength: 32,
    },
    await openTokenizer(NANO),
  );
  const config = defaultSession();
  Object.assign(config.train, { steps: 30, evalInterval: 15, batchSize: 2, maxSequenceLength: 32, evalExamples: 4 });
  const { studio, phase } = watched();
  await studio.openModel({ type: 'open-model', source: NANO });
  const done = phase('finished');
  await studio.start({ type: 'start', config, train: set.train, validation: set.validation, samplePrompts: null });
  await done;
  const bits: Record<string, string> = {};
  for (const { id } of config.runs) {
    const { files } = await studio.export({ type: 'export', runId: id, template, check: false });
    bits[id] = createHash('sha256')
      .update(files.find((f) => f.name === 'adapter_model.safetensors')!.bytes)
      .digest('hex');
  }
  expect(bits).toEqual(expected);
});
