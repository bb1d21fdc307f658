/** What a person opens and chooses for pictures: the tiny ViT of the fixtures, and the usual choices. */
import type { PrepareOptions } from '../../shared/data';
import { USUAL_OPTIONS } from '../../data/testing/options';

const FIXTURE = 'python/fixtures/families/vit';

/** Its folder, by path; pictures of 12 × 12 pixels. @param read a file of this repository */
export function vitFolder(read: (path: string) => Uint8Array): Map<string, Blob> {
  const file = (name: string) => new Blob([read(`${FIXTURE}/${name}`) as Uint8Array<ArrayBuffer>]);
  const settings = {
    do_resize: true,
    size: { height: 12, width: 12 },
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  };
  return new Map([
    ['config.json', file('config.json')],
    ['model.safetensors', file('model.safetensors')],
    ['preprocessor_config.json', new Blob([JSON.stringify(settings)])],
  ]);
}

/** Under Data. */
export const PICTURES: PrepareOptions = {
  ...USUAL_OPTIONS,
  mapping: { kind: 'picture-label', roles: { picture: 'picture', label: 'label' } },
  template: { prompt: '', completion: '' },
  maxSequenceLength: 10,
  validationShare: 0.2,
};
