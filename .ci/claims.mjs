/**
 * docs/claims.md as a page of its own beside the app, `claims.html`: the Experiment section refers to it, and a built
 * site has no docs folder. It stands alone: no script, no request.
 */
import { readFileSync } from 'node:fs';
import { marked } from 'marked';

const SOURCE = 'docs/claims.md';
const PAGE = 'claims.html';

const STYLE = `body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums }
svg { max-width: 100%; height: auto }
th, td { padding: 0.25rem 0.5rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); text-align: start }`;

/**
 * Figures beside the document, in its place: the page may load nothing. Links to files that a built site does not have
 * are text.
 */
const alone = (markdown) =>
  markdown
    .replaceAll(/!\[[^\]]*\]\(([^)]+\.svg)\)/g, (_, path) => readFileSync(`docs/${path}`, 'utf8').trim())
    .replaceAll(/\[([^\]]*)\]\((?!https:)[^)]*\)/g, '`$1`');

/** @param {string} markdown @returns {string} the whole page */
export const claimsPage = (markdown) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${/^# (.*)$/m.exec(markdown)[1]}</title>
<style>
${STYLE}
</style>
</head>
<body>
${marked.parse(alone(markdown), { async: false })}</body>
</html>
`;

const page = () => claimsPage(readFileSync(SOURCE, 'utf8'));

/** @returns {import('vite').Plugin} */
export function claims() {
  return {
    name: 'sieve-claims',
    configureServer({ config, middlewares }) {
      middlewares.use(`${config.base}${PAGE}`, (_request, response) => {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(page());
      });
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: PAGE, source: page() });
    },
  };
}
