import { afterEach, expect, it, vi } from 'vitest';
import { companionsOf } from './companions';

afterEach(() => vi.unstubAllGlobals());

/** The settings of a tokenizer as they are exported from a repository with these files. */
async function settings(own: object, beside: Record<string, string>): Promise<unknown> {
  const files: Record<string, string> = {
    'config.json': '{}',
    'tokenizer.json': '{}',
    'tokenizer_config.json': JSON.stringify(own),
    ...beside,
  };
  vi.stubGlobal('fetch', async (url: string) => {
    const name = new URL(url).pathname.split('/').at(-1)!;
    return Object.hasOwn(files, name) ? new Response(files[name]) : new Response('', { status: 404 });
  });
  const { files: all } = await companionsOf(
    { kind: 'hub', id: 'a/b', revision: 'main', host: 'http://127.0.0.1' },
    true,
  );
  return JSON.parse(new TextDecoder().decode(all.find(({ name }) => name === 'tokenizer_config.json')!.bytes));
}

it('a chat template that lies beside the settings of its tokenizer is exported in them', async () => {
  const own = { eos_token: '</s>' };
  const beside = { 'chat_template.jinja': '{{ messages }}' };
  expect(await settings(own, {})).toEqual(own);
  expect(await settings(own, beside)).toEqual({ ...own, chat_template: '{{ messages }}' });
  expect(await settings({ chat_template: 'its own' }, beside)).toEqual({ chat_template: 'its own' });
});
