/** Looks for what a page that changed its language left in another. */
import type { Page } from '@playwright/test';

/** Parts of the page that are looked through one by one: a name, and where it is. */
export const PARTS = {
  frame: '.bar, .rail, .foot, .tabbar, .dock, .floating, [data-testid="announcer"], .skip',
  keys: '[data-testid="shortcuts"]',
  tour: '[data-testid="tour"]',
  resume: '.resume',
  model: '#model',
  data: '#data',
  configure: '#configure',
  train: '#train',
  compare: '#compare',
  experiment: '#experiment',
  history: '#history',
} as const;

export type Part = keyof typeof PARTS;

/** Names, which every language writes in Latin letters. Longer ones first, since they hold shorter ones. */
const NAMES = [
  'google swiftshader',
  'Google Inc.',
  'SwiftShader Device',
  'SwiftShader driver',
  'SwiftShader',
  'LLVM',
  'Subzero',
  'Google',
  'Vulkan',
  'ANGLE',
  'Mesa',
  'llvmpipe',
  'Hugging Face',
  'ONNX Runtime',
  'sieve-stories-nano',
  'sieve-stories',
  'Sieve',
  'Chrome',
  'Edge',
  'Safari',
  'Firefox',
  'Windows',
  'Linux',
  'Android',
  'macOS',
  'ChromeOS',
  'Python',
  'PyTorch',
  'WebGPU',
  'WGSL',
  'TS-LoRA',
  'TS-DoRA',
  'TS-PEFT',
  'AdaLoRA',
  'rsLoRA',
  'DoRA',
  'LoRA',
  'sieve-peft',
  'PEFT',
  'AdamW',
  'Adam',
  'RMSNorm',
  'Llama',
  'BitFit',
  'IA3',
  'VeRA',
  'PiSSA',
  'LoRA-FA',
  'SiLU',
  'RoPE',
  'Alpha',
  'Top-p',
  'Student t',
  'gate',
  'down',
  'JSON Lines',
  'JSONL',
  'JSON',
  'Markdown',
  'LaTeX',
  'CSV',
  'TSV',
  'TXT',
  'Parquet',
  'UTF-8',
  'Latin-1',
  'Windows-1252',
  'x-mac-cyrillic',
  'Macintosh',
  'Shift_JIS',
  'EUC-JP',
  'EUC-KR',
  'Big5',
  'GB18030',
  'JSON lines',
  'Shift',
  'Enter',
  'Delete',
  'Escape',
];

/** What the walk leaves out: data and what a model wrote, code, other languages. */
const OTHERS = [
  '[lang]:not(html)',
  'code',
  'kbd',
  'pre',
  '.mono',
  '.chips',
  '.tokens',
  '.samples',
  '.example-text',
  '.clip',
  '.vtext',
  '.answer-text',
  '.suggestion',
  '[data-testid="data-labels"] tbody',
  '[data-testid="token-gates"] caption',
  '[data-testid="table-tokens"] tbody',
  '[data-testid="table-tokenmap"] tbody',
  'textarea',
  'script',
  'style',
].join(', ');

/**
 * Texts in Chinese in a page that has changed to English, each with the place where it was found: what was not drawn
 * again. What was found out about a file was said once, and so was what happened (a notice can be dismissed).
 * @param own names that were given in Chinese
 */
export function chineseIn(page: Page, own: readonly string[]): Promise<string[]> {
  return page.evaluate(
    ([others, names]) => {
      const found = new Set<string>();
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const parent = node.parentElement!;
        const text = names.reduce((rest, name) => rest.replaceAll(name, ''), node.textContent!);
        if (/\p{Script=Han}/u.test(text) && !parent.closest(others))
          found.add(
            `${parent.closest('[data-testid]')?.getAttribute('data-testid') ?? parent.closest('section')?.id}: ${node.textContent}`,
          );
      }
      return [...found];
    },
    [`${OTHERS}, noscript, .evidence, .notice`, own] as const,
  );
}

/**
 * Two Latin words in a row, or one that stands alone, in what a person sees or hears of a part of the page: texts, also
 * those for screen readers only and of open and closed details, and attributes. Names are no words, nor is what holds a
 * digit, a dot or an underscore (ids, files, versions).
 * @param own words of the data, such as the names of columns
 * @returns each with the place where it was found
 */
export function englishIn(page: Page, part: Part, own: readonly string[] = []): Promise<string[]> {
  return page.evaluate(
    ([selector, names, others]) => {
      const escaped = names.map((n) => n.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const name = new RegExp(`(?<![A-Za-z])(?:${escaped.join('|')})(?![A-Za-z])`, 'g');
      const id = /\S*[A-Za-z](?:[\d_/]|\.[A-Za-z\d])\S*|\S*[\d_/][A-Za-z]\S*/g;
      const found = new Set<string>();
      const look = (text: string, where: Element) => {
        // What is taken out parts its neighbours.
        const words = text.replace(name, '|').replace(id, '|').trim();
        const two = /[A-Za-z][A-Za-z'’]+(?:[\s,;:–—-]+[A-Za-z][A-Za-z'’]*)+/.exec(words)?.[0];
        const alone = /^[A-Z]?[a-z]{3,}[….:]?$/.exec(words)?.[0];
        const place =
          where.closest('[data-testid]')?.getAttribute('data-testid') ??
          where.getAttribute('class') ??
          where.tagName.toLowerCase();
        if (two ?? alone) found.add(`${place}: “${two ?? alone}” in “${text.trim().slice(0, 120)}”`);
      };
      for (const root of document.querySelectorAll(selector)) {
        for (const element of [root, ...root.querySelectorAll('*')]) {
          if (element.closest(others)) continue;
          for (const attribute of [
            'aria-label',
            'title',
            'placeholder',
            'alt',
            'label',
            'aria-description',
            'aria-valuetext',
          ]) {
            const text = element.getAttribute(attribute);
            if (text) look(text, element);
          }
          for (const node of element.childNodes)
            if (node.nodeType === Node.TEXT_NODE && node.textContent?.trim()) look(node.textContent, element);
        }
      }
      return [...found];
    },
    [PARTS[part], [...NAMES, ...own].sort((a, b) => b.length - a.length), OTHERS] as const,
  );
}
