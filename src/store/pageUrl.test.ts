import { expect, it } from 'vitest';
import { defaultSession } from '../shared/config';
import { readLink, settingsLink } from './configure/share';
import { hubHost, settingsUrl, startData, startDevice, startHub, startModel, startSettings } from './pageUrl';

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
  expect(settingsUrl('http://x/?device=cpu', 'l', { model: null, data: null })).toBe('http://x/?config=l');
});

it('carries settings and an embedded model', () => {
  const e = defaultSession();
  e.train.seed = 9;
  const url = settingsUrl('http://x/sieve/?model=sieve-stories-4m#train', settingsLink(e), {
    model: { kind: 'embedded', id: 'sieve-stories-nano' },
    data: null,
  });
  expect(new URL(url).hash).toBe('');
  expect(startModel(url)?.id).toBe('sieve-stories-nano');
  expect(readLink(startSettings(url)!)).toEqual(e);
  expect(startSettings('http://x/sieve/')).toBeNull();
});

it('carries a model of the hub by id and revision, and nothing of a folder', () => {
  const model = { kind: 'hub', id: 'HuggingFaceTB/SmolLM2-135M', revision: 'refs/pr/1', host: 'http://h' } as const;
  const url = settingsUrl('http://x/?model=sieve-stories-nano', 'l', { model, data: null });
  expect(url).not.toContain('//h');
  expect(startModel(url)).toBeNull();
  expect(startHub(url)).toEqual({ id: model.id, revision: model.revision });
  expect(startHub('http://x/?model=a/b')).toEqual({ id: 'a/b', revision: 'main' });
  for (const named of ['', 'a', 'a/b/c', 'a/b@', '../b@/', 'a/b@ c', `a/${'b'.repeat(97)}`])
    expect(startHub(`http://x/?model=${encodeURIComponent(named)}`)).toBeNull();
  const folder = { kind: 'folder', id: 'mine' } as const;
  expect(settingsUrl('http://x/', 'l', { model: folder, data: null })).toBe('http://x/?config=l');
});

it('carries the sample set and what is seen, and nothing of a file', () => {
  const open = { model: null, data: { kind: 'sample', id: 'feelings' } } as const;
  const url = settingsUrl('http://x/?data=ships-log#/train?module=2.k&step=60', 'l', open);
  expect(startData(url)).toBe('feelings');
  expect(new URL(url).hash).toBe('#/train?module=2.k&step=60');
  for (const href of ['http://x/', 'http://x/?data=../x', 'http://x/?data=']) expect(startData(href)).toBeNull();
  const file = { model: null, data: { kind: 'file', name: 'me.csv' } } as const;
  expect(settingsUrl('http://x/?data=feelings', 'l', file)).toBe('http://x/?config=l');
});

it('another hub is taken from the page’s own origin only', () => {
  expect(hubHost('http://127.0.0.1:9/app/')).toBe('https://huggingface.co');
  expect(hubHost('http://127.0.0.1:9/app/?hub=/hub/')).toBe('http://127.0.0.1:9/hub');
  expect(hubHost('http://127.0.0.1:9/?hub=http://127.0.0.1:9')).toBe('http://127.0.0.1:9');
  expect(hubHost('http://127.0.0.1:9/?hub=https://evil.example')).toBe('https://huggingface.co');
  expect(hubHost('http://127.0.0.1:9/?hub=//evil.example/x')).toBe('https://huggingface.co');
});
