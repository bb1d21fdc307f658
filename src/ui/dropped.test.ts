import { expect, it } from 'vitest';
import { modelOf } from './dropped';

const file = (path: string) => ({ path, file: new File([], path) });
const opened = (folder: string | null, ...paths: string[]) => {
  const model = modelOf({ folder, files: paths.map(file) });
  return model && [model.name, ...model.files.keys()];
};

it('a folder with weights is a model, by the paths below it', () => {
  expect(opened('tiny', 'tiny/config.json', 'tiny/model.safetensors')).toEqual([
    'tiny',
    'config.json',
    'model.safetensors',
  ]);
  expect(opened('tiny', 'tiny/config.json', 'tiny/onnx/model_q4.onnx')).toEqual([
    'tiny',
    'config.json',
    'onnx/model_q4.onnx',
  ]);
});

it('a GGUF is one by itself; other weights need their folder', () => {
  expect(opened(null, 'Qwen3-0.6B.Q4_0.gguf')).toEqual(['Qwen3-0.6B.Q4_0', 'Qwen3-0.6B.Q4_0.gguf']);
  expect(opened(null, 'model.safetensors')).toBeNull();
});

it('data and adapters are none', () => {
  expect(opened('birds', 'birds/train.jsonl', 'birds/a/1.png')).toBeNull();
  expect(opened('lora', 'lora/adapter_config.json', 'lora/adapter_model.safetensors')).toBeNull();
});
