/**
 * The words that people read: what texts, README and docs never say, and the field's term for it. One thing has one
 * word; a person who knows PyTorch, PEFT, TRL and Weights & Biases should not have to translate.
 */

/** [pattern, what to say]. */
export const NEVER = [
  [/\bheld[- ]out\b|留出/i, 'validation (验证集)'],
  [/\bslices?\b|切片/i, 'dev split (开发集)'],
  [/\blearnt\b|学到的|学过的/i, 'trained on; learned (训练)'],
  [/\barms?\b/i, 'variant (变体); run (运行)'],
  [/\bstud(y|ies)\b/i, 'experiment (实验)'],
  [/\bkept runs?\b|\b(under|from) History\b|“历史”/i, 'saved session (已保存的会话)'],
  [/\buntouched\b|未训练的(基座|模型)/i, 'base model (基座模型)'],
  [/\bthrough (the )?base\b/i, 'base output'],
  [/\bheld against\b|对比基准/i, 'baseline (基线); compared with'],
  [/\bkept (share|tokens?|updates?)\b|保留占比/i, 'active (激活)'],
  [
    /\b(gates?|modules?) (are |is |has |have )?(still )?(open|closed)\b|\bopen tokens?\b|永久关闭/i,
    'active, skipped (激活, 跳过)',
  ],
  [/\bprices?\b|价格/i, 'gate gradient μ (门控梯度), sparsity penalty λ (稀疏惩罚)'],
  [/\b(size|sizes) of the updates?\b|更新大小/i, 'relative update norm r (相对更新范数)'],
  [/\bsteer(s|ed|ing)? to\b|引导到/i, 'target sparsity (目标稀疏度)'],
  [/\bstep of τ|τ 的步长/i, 'τ learning rate (τ 的学习率)'],
  [/\banew\b/i, 'recomputed; starts over; in random order'],
  [/\bby heart\b|死记硬背/i, 'overfitting (过拟合)'],
  [/\bcontext, tokens\b|上下文长度/i, 'max sequence length (最大序列长度)'],
  [/\bclip norm\b/i, 'max gradient norm'],
  [/\bevaluate every\b/i, 'eval interval (steps)'],
  [/\badapted (layers|modules)\b/i, 'target modules (目标模块)'],
  [/\btrained values\b/i, 'trainable parameters (可训练参数)'],
  [/\bcut to fit\b/i, 'truncated'],
  [/\bof them trained\b/i, 'loss tokens'],
  [/\blearn the (completion|answers?|last answer)\b/i, 'completion-only loss (mask the prompt)'],
  [/\bhold(s)? out\b/i, 'stratify by label; validation split'],
  [/\bwhat was found\b|\bneeds a look\b|需要留意/i, 'File, Column mapping, Data issues'],
  [/\bnats per token\b/i, 'nats/token'],
  [/\badapter work\b/i, 'adapter FLOPs'],
  [/\blongest answer\b/i, 'max new tokens'],
  [/\blikeliest\b/i, 'greedy; most likely'],
  [/\bput in\b|\bleft out\b/i, 'added, removed; excluded; skipped'],
  [/\bbest on the way\b|途中最佳/i, 'best validation loss'],
  [/\bno steadier\b|\bmostly steady\b/i, 'rank stability (Spearman ρ)'],
  [/\bparted by\b/i, 'separated by'],
  [/\bstands twice\b/i, 'duplicate value'],
  [/\bis no (number|integer|JSON)\b/i, 'is not a …'],
  [/\bends at once\b|立即结束/i, '(empty answer)'],
  [/\btakes? it in again\b/i, 'include'],
  [/场次/, '会话'],
];

/** [file, pattern of what is allowed there, why]. */
export const ALLOWED = [[/^docs\/faults\.md$/, /“[^”]*”/, 'names of tests']];

/** Whether a person reads the file. */
export const isRead = (file) =>
  /^src\/shared\/texts\/(en|zh)\/.*\.ts$|^(README|docs\/(claims\/)?[^/]*|python\/README|python\/claims\/reading)\.md$/.test(
    file,
  ) || /^public\/.*README\.md$|^index\.html$/.test(file);

/**
 * What is said in a catalogue, line by line: the insides of its strings and templates, without comments, code and the
 * names of properties.
 */
export function stringsOf(source) {
  const said = [''];
  /** Open templates: how many braces each of their `${` has open. */
  const templates = [];
  let quote = null;
  const say = (text) => {
    said[said.length - 1] += text;
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === '\n') said.push('');
    else if (quote !== null) {
      if (c === '\\') say(source[++i]);
      else if (c === quote) {
        quote = null;
        say(' ');
      } else if (quote === '`' && c === '$' && source[i + 1] === '{') {
        templates.push(0);
        quote = null;
        i++;
        say('…');
      } else say(c);
    } else if (c === '/' && source[i + 1] === '/') i = source.indexOf('\n', i) - 1;
    else if (c === '/' && source[i + 1] === '*') {
      const end = source.indexOf('*/', i) + 2;
      said.push(...source.slice(i, end).split('\n').slice(1).fill(''));
      i = end - 1;
    } else if (/['"`]/.test(c)) {
      const name = /^(['"])[^'"\n]*\1:/.exec(source.slice(i));
      if (name && /[\n{,]\s*$/.test(source.slice(0, i))) i += name[0].length - 1;
      else quote = c;
    } else if (templates.length > 0 && c === '{') templates[templates.length - 1]++;
    else if (templates.length > 0 && c === '}' && templates[templates.length - 1]-- === 0) {
      templates.pop();
      quote = '`';
    }
  }
  return said;
}

/** Prose of a Markdown or HTML file, line by line, without code, comments and the targets of links. */
function proseOf(text) {
  const blank = (part) => part.replaceAll(/[^\n]/g, '');
  return text
    .replaceAll(/^```[\s\S]*?^```/gm, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/`[^`\n]*`|\]\([^)\n]*\)/g, '…')
    .split('\n');
}

/** @returns `{ line, word, say }` for each word that a file should not have. */
export function wordsOf(file, text) {
  const allowed = ALLOWED.filter(([which]) => which.test(file)).map(([, what]) => what);
  const lines = (file.endsWith('.ts') ? stringsOf : proseOf)(text);
  return lines.flatMap((said, i) => {
    const left = allowed.reduce((rest, what) => rest.replaceAll(new RegExp(what, `${what.flags}g`), ''), said);
    return NEVER.flatMap(([pattern, say]) => {
      const word = pattern.exec(left)?.[0];
      return word ? [{ line: i + 1, word, say }] : [];
    });
  });
}
