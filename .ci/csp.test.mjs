import { expect, test } from 'vitest';
import { csp } from './csp.mjs';

const policy = (config, context) => {
  const plugin = csp();
  plugin.configResolved(config);
  const [{ attrs }] = plugin.transformIndexHtml.handler('', context);
  return Object.fromEntries(attrs.content.split('; ').map((part) => [part.split(' ')[0], part.split(' ').slice(1)]));
};

test('the built page talks to its own origin and the hub', () => {
  const { 'connect-src': connect, 'script-src': script } = policy({ command: 'build', isProduction: true });
  expect(connect).toEqual(["'self'", 'https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co']);
  expect(script).toEqual(["'self'", "'wasm-unsafe-eval'"]);
});

test('the dev server names its own socket and no other', () => {
  const server = { resolvedUrls: { local: ['http://localhost:5173/sieve/'], network: ['https://10.0.0.2:5173/'] } };
  const { 'connect-src': connect } = policy({ command: 'serve', isProduction: false }, { server });
  expect(connect.slice(4)).toEqual(['ws://localhost:5173', 'wss://10.0.0.2:5173']);
});
