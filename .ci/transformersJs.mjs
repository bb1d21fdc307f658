/**
 * Exported ONNX models in transformers.js, in a browser: `node .ci/transformersJs.mjs FOLDER …`, each with one zip of
 * the page, or what was in it. The page in it must write an answer as it stands, and transformers.js must give the
 * logits of check.json. What the page would fetch from the library's address comes from node_modules; nothing else is
 * fetched. Last line: `N passed, N failed`.
 */
import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { chromium } from 'playwright';
import { browserArgs } from './browser.mjs';
import { ensureBrowser } from './ensure-browser.mjs';

const BAR = 1e-5;
/** Where the graph computes in f16. */
const HALF_BAR = 1e-2;
const CDN = 'https://cdn.jsdelivr.net/npm/';
const PATIENCE = 5 * 60_000;
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };
const typeOf = (name) => TYPES[name.split('.').at(-1)] ?? 'application/octet-stream';

/** How a folder's files are read, by path. */
function filesOf(folder) {
  const zip = readdirSync(folder).find((name) => name.endsWith('.zip'));
  if (zip) {
    const files = unzipSync(readFileSync(join(folder, zip)));
    return (path) => (files[path] ? { size: files[path].length, send: (to) => to.end(files[path]) } : null);
  }
  return (path) => {
    const file = join(folder, path);
    if (!existsSync(file)) return null;
    return { size: statSync(file).size, send: (to) => createReadStream(file).pipe(to) };
  };
}

function serve(find) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname.slice(1));
    const file = path.includes('..') ? null : find(path);
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': typeOf(path), 'content-length': file.size });
    if (request.method === 'HEAD') response.end();
    else file.send(response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** The file of a package that an address of the CDN means: `name@version/path`, or what the package names for it. */
function ofPackage(address) {
  const [, name, path] = /^((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?\/?(.*)$/.exec(address.slice(CDN.length));
  const folder = join('node_modules', name);
  return join(folder, path || JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).jsdelivr);
}

/** In the browser: the largest difference from the page's logits, of the largest, and whether they are f16. */
async function differenceOf({ library, dtype, check }) {
  const { env, AutoModelForCausalLM, Tensor } = await import(library);
  Object.assign(env, { allowLocalModels: true, allowRemoteModels: false, localModelPath: './' });
  const model = await AutoModelForCausalLM.from_pretrained('model', { dtype });
  const shape = [1, check.ids.length];
  const whole = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  const { logits } = await model({ input_ids: whole(check.ids), attention_mask: whole(check.ids.map(() => 1)) });
  const width = logits.dims.at(-1);
  let [off, largest] = [0, 0];
  for (const { row, top } of check.rows)
    top.tokens.forEach((token, i) => {
      off = Math.max(off, Math.abs(Number(logits.data[row * width + token]) - top.logits[i]));
      largest = Math.max(largest, Math.abs(top.logits[i]));
    });
  return { off: off / largest, half: logits.type === 'float16' };
}

async function checkFolder(browser, folder) {
  const find = filesOf(folder);
  const server = await serve(find);
  const context = await browser.newContext();
  const foreign = [];
  await context.route(/^https?:\/\/(?!127\.0\.0\.1)/, (route) => {
    const url = route.request().url();
    if (url.startsWith(CDN)) {
      const path = ofPackage(url);
      return route.fulfill({ path, contentType: typeOf(path) });
    }
    foreign.push(url);
    return route.abort();
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const site = `http://127.0.0.1:${server.address().port}/`;
    await page.goto(`${site}index.html`);
    const answered = page.waitForFunction(() => document.getElementById('answerBox').textContent !== '…');
    const broken = new Promise((_, reject) => {
      page.on('pageerror', reject);
    });
    await Promise.race([answered, broken]);
    const answer = await page.locator('#answerBox').textContent();
    const source = await (await fetch(`${site}index.html`)).text();
    const check = await (await fetch(`${site}check.json`)).json();
    const [library] = new RegExp(`${CDN}[^"]+`).exec(source);
    const [, dtype] = /dtype: "(\w+)"/.exec(source);
    const { off, half } = await page.evaluate(differenceOf, { library, dtype, check });
    const bar = half ? HALF_BAR : BAR;
    const good = off <= bar && answer.trim() !== '' && foreign.length === 0;
    console.log(
      `${folder}: largest difference ${off.toExponential(2)} of the largest logit (bar ${bar}), its page writes ${JSON.stringify(answer.slice(0, 60))} ${good ? 'ok' : `NOT AS IT SHOULD BE ${foreign.join(', ')}`}`,
    );
    return good;
  } catch (error) {
    console.log(`${folder}: ${error.message} ${foreign.join(', ')}`);
    return false;
  } finally {
    await context.close();
    server.close();
  }
}

let [passed, failed] = [0, 0];
const browser = await chromium.launch({ executablePath: ensureBrowser(), args: browserArgs, headless: true });
for (const folder of process.argv.slice(2)) {
  if (await checkFolder(browser, folder)) passed++;
  else failed++;
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
