import { expect, it } from 'vitest';
import { defaultSession } from '../shared/config';
import { readLink, settingsLink } from './configure/share';
import { hubHost, settingsUrl, startDevice, startModel, startSettings } from './pageUrl';

it('asks for the embedded model that the address names', () => {
  expect(startModel('http://x/sieve/?model=sieve-stories-nano')).toEqual({
    kind: 'embedded',
    id: 'sieve-stories-nano',
  });
  for (const href of ['http://x/', 'http://x/?model=', 'http://x/?model=../../etc', 'http://x/?model=__proto__'])
    expect(startModel(href)).toBeNull();
});

it('computes on the device that the address names, and a link names none', () => {
  expect(startDevice('http://x/sieve/?device=cpu')).toBe('cpu');
  expect(startDevice('http://x/sieve/?device=gpu')).toBe('gpu');
  for (const href of ['http://x/', 'http://x/?device=auto', 'http://x/?device=tpu'])
    expect(startDevice(href)).toBeNull();
  expect(settingsUrl('http://x/?device=cpu', 'l', null)).toBe('http://x/?config=l');
});

it('carries settings and an embedded model, and nothing of a hub', () => {
  const e = defaultSession();
  e.train.seed = 9;
  const url = settingsUrl('http://x/sieve/?model=sieve-stories-4m#train', settingsLink(e), {
    kind: 'embedded',
    id: 'sieve-stories-nano',
  });
  expect(new URL(url).hash).toBe('');
  expect(startModel(url)?.id).toBe('sieve-stories-nano');
  expect(readLink(startSettings(url)!)).toEqual(e);
  expect(startSettings('http://x/sieve/')).toBeNull();
  expect(settingsUrl('http://x/', 'l', { kind: 'hub', id: 'me/secret', revision: 'main', host: 'http://h' })).toBe(
    'http://x/?config=l',
  );
});

it('another hub is taken from the page’s own origin only', () => {
  expect(hubHost('http://127.0.0.1:9/app/')).toBe('https://huggingface.co');
  expect(hubHost('http://127.0.0.1:9/app/?hub=/hub/')).toBe('http://127.0.0.1:9/hub');
  expect(hubHost('http://127.0.0.1:9/?hub=http://127.0.0.1:9')).toBe('http://127.0.0.1:9');
  expect(hubHost('http://127.0.0.1:9/?hub=https://evil.example')).toBe('https://huggingface.co');
  expect(hubHost('http://127.0.0.1:9/?hub=//evil.example/x')).toBe('https://huggingface.co');
});
