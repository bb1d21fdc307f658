/**
 * Makes the build installable and able to work offline: a manifest, and `sw.js` (src/serviceWorker.ts) with the list of
 * everything the build consists of. Not in the dev server, where files change under the page.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { transformWithOxc } from 'vite';

/** Files of `public/` that the page never asks for: for people and for other programs. */
const ELSEWHERE = /(^|\/)README\.md$|\.safetensors$|(^|\/)og\.jpg$/;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const MANIFEST = {
  name: 'Sieve: fine-tuning in a browser tab',
  short_name: 'Sieve',
  description:
    'Fine-tune a small language model in a browser tab: plain LoRA and token-gated TS-PEFT side by side, on WebGPU. Nothing leaves the tab.',
  id: './',
  start_url: './',
  scope: './',
  display: 'standalone',
  background_color: '#faf9f6',
  theme_color: '#0f5c66',
  icons: [
    { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
    { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
    { src: 'icons/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
  ],
};

/** @returns {import('vite').Plugin} */
export function pwa() {
  let config;
  return {
    name: 'sieve-pwa',
    apply: 'build',
    enforce: 'post',
    configResolved: (resolved) => {
      config = resolved;
    },
    buildStart() {
      this.emitFile({
        type: 'asset',
        fileName: 'manifest.webmanifest',
        source: `${JSON.stringify(MANIFEST, null, 2)}\n`,
      });
    },
    transformIndexHtml: () => [
      { tag: 'link', attrs: { rel: 'manifest', href: `${config.base}manifest.webmanifest` }, injectTo: 'head' },
      { tag: 'link', attrs: { rel: 'apple-touch-icon', href: `${config.base}icons/icon-192.png` }, injectTo: 'head' },
    ],
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const own = Object.values(bundle).map((f) => [f.fileName, f.type === 'chunk' ? f.code : f.source]);
        const open = readdirSync(config.publicDir, { recursive: true, withFileTypes: true })
          .filter((e) => e.isFile())
          .map((e) => join(e.parentPath, e.name));
        const files = [
          ...own.map(([path, content]) => [path === 'index.html' ? './' : path, sha256(content)]),
          ...open
            .map((path) => [relative(config.publicDir, path).split(sep).join('/'), path])
            .filter(([name]) => !ELSEWHERE.test(name))
            .map(([name, path]) => [name, sha256(readFileSync(path))]),
        ].sort(([a], [b]) => (a < b ? -1 : 1));
        // It stands alone and needs no bundling: only its types go.
        const source = join(config.root, 'src', 'serviceWorker.ts');
        const { code } = await transformWithOxc(readFileSync(source, 'utf8'), source, { target: 'esnext' });
        if (/^\s*(import|export)\b/m.test(code))
          this.error('src/serviceWorker.ts must stand alone: a classic worker imports nothing');
        const version = sha256(JSON.stringify([files, code])).slice(0, 16);
        this.emitFile({
          type: 'asset',
          fileName: 'sw.js',
          source: `const SIEVE_FILES = ${JSON.stringify(files)};\nconst SIEVE_VERSION = '${version}';\n${code}`,
        });
      },
    },
  };
}
