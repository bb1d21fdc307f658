/**
 * The check of a GPU's loss and gradients: in a browser WGSL beside the CPU engine, in Node the CPU engine beside
 * itself.
 */
import { message } from '../shared/message';
import { say } from '../shared/texts/say';
import { describe, expect, it } from 'vitest';
import { BaseModel } from '../engine/base';
import { onCpu, testDevice } from '../engine/testing/harness';
import { downloadModel } from '../hub/model';
import { GRADIENT_TOLERANCE, LOSS_TOLERANCE, checkGradients } from './gradientCheck';

const IDS = Int32Array.of(1, 32, 77, 5, 140, 91, 32, 6, 250, 17, 88, 32, 41, 9, 300, 12, 5, 64, 201, 33, 7, 90, 32, 2);

async function nano() {
  const model = await downloadModel({ kind: 'embedded', id: 'sieve-stories-nano' });
  return { config: model.config, read: (name: string) => model.weights.get(name).data };
}

describe('loss and gradients beside the CPU engine’s', () => {
  it('agree, and not only by a hair', async () => {
    const { config, read } = await nano();
    const base = new BaseModel(await testDevice(), config, read);
    const check = await checkGradients(base, read, [{ ids: IDS }]);
    base.free();
    console.info(JSON.stringify(check));
    if (check.state === 'unchecked') throw new Error(say(check.why));
    expect(check).toMatchObject({
      state: 'agrees',
      tokens: IDS.length,
      layers: config.layers.length,
      ofLayers: config.layers.length,
    });
    expect(check.lossError).toBeLessThan(onCpu ? 1e-12 : LOSS_TOLERANCE / 10);
    expect(check.gradientError).toBeLessThan(onCpu ? 1e-12 : GRADIENT_TOLERANCE / 10);
  });

  it('differ where one row of one layer does, and the tensor is named', async () => {
    const { config, read } = await nano();
    const broken = (name: string) => {
      const data = read(name);
      return name === 'model.layers.1.self_attn.v_proj.weight' ? data.map((x, i) => (i < config.width ? 0 : x)) : data;
    };
    const base = new BaseModel(await testDevice(), config, broken);
    const check = await checkGradients(base, read, [{ ids: IDS }]);
    base.free();
    expect(check).toMatchObject({
      state: 'differs',
      worst: expect.stringMatching(/^(TS-)?LoRA, [AB], model\.layers\./),
    });
  });

  it('of what is not finite differ', async () => {
    const { config, read } = await nano();
    const base = new BaseModel(await testDevice(), config, (name) =>
      name === 'model.norm.weight' ? read(name).map(() => NaN) : read(name),
    );
    const check = await checkGradients(base, read, [{ ids: IDS }]);
    base.free();
    expect(check).toMatchObject({ state: 'differs', lossError: Infinity });
  });

  it('are not called right where the CPU engine does not start', async () => {
    const { config, read } = await nano();
    const base = new BaseModel(await testDevice(), config, read);
    const check = await checkGradients(base, read, [{ ids: IDS }], () => Promise.reject(new Error('no SIMD')));
    base.free();
    expect(check).toEqual({ state: 'unchecked', why: message('shared.foreign', { text: 'no SIMD' }) });
  });
});
