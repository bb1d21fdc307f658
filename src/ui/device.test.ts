import { expect, test } from 'vitest';
import { changeDevice, rememberedDevice } from './device';
import { remember } from './remembered';

test('a device is remembered once the model is open there', async () => {
  expect(rememberedDevice()).toBe('auto');
  await changeDevice({ computeOn: async () => false }, 'cpu');
  expect(rememberedDevice()).toBe('auto');
  await changeDevice({ computeOn: async () => true }, 'cpu');
  expect(rememberedDevice()).toBe('cpu');
  remember('device', 'toaster');
  expect(rememberedDevice()).toBe('auto');
});
