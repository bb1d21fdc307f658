/**
 * Code that uses an exported file, with the person's own template in it: for the page and for the files' own README.
 */
import type { PromptTemplate } from './data';
import type { ExportKind } from './exports';
import type { ModelFile } from './types';

/** What a snippet is about. */
export interface SnippetParts {
  template: PromptTemplate;
  /** Names of the classes, where the model tells some apart. */
  labels: readonly string[] | null;
  /** It reads pictures. */
  pictures: boolean;
  /** The base's id; a folder's name has no owner. */
  base: string;
  /** What the base was opened from. */
  file: Pick<ModelFile, 'path' | 'format'>;
  /** The repository that the files go to; a folder on somebody's disk where absent. */
  repository?: string;
  /** How answers are told to end, in tokens. */
  maxNewTokens?: number;
}

/** Where the files lie. */
const placeOf = ({ repository = 'path/to/this/folder' }: SnippetParts): string => quoted(repository);
const quoted = (text: string): string => JSON.stringify(text);
const TOKENS = 64;

/** A prompt in the person's own template, with the columns' names as they stand. */
function pythonPrompt({ template }: SnippetParts): string[] {
  if (template.chat)
    return [
      'messages = [{"role": "user", "content": "Who are you?"}]',
      'inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)',
    ];
  return [
    `prompt = ${quoted(template.prompt || 'Once upon a time')}`,
    'inputs = tokenizer(prompt, return_tensors="pt")',
  ];
}

export function transformersSnippet(parts: SnippetParts): string {
  const { labels, pictures, maxNewTokens = TOKENS } = parts;
  if (labels)
    return [
      'from transformers import pipeline',
      pictures
        ? `classify = pipeline("image-classification", ${placeOf(parts)})`
        : `classify = pipeline("text-classification", ${placeOf(parts)})`,
      `print(classify(${quoted(pictures ? 'picture.png' : 'A text to classify.')}))  # ${labels.slice(0, 4).join(', ')}${labels.length > 4 ? ', …' : ''}`,
    ].join('\n');
  return [
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    `tokenizer = AutoTokenizer.from_pretrained(${placeOf(parts)})`,
    `model = AutoModelForCausalLM.from_pretrained(${placeOf(parts)})`,
    ...pythonPrompt(parts),
    `ids = model.generate(**inputs, max_new_tokens=${maxNewTokens}, do_sample=False)`,
    'print(tokenizer.decode(ids[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
  ].join('\n');
}

/** An adapter as PEFT wrote it, on the base that it was trained on. */
function peftSnippet(parts: SnippetParts & { gated: boolean }): string {
  const { base, labels, pictures, gated, maxNewTokens = TOKENS } = parts;
  const auto = labels ? (pictures ? 'ImageClassification' : 'SequenceClassification') : 'CausalLM';
  const from = quoted(base.includes('/') ? base : `path/to/${base}`);
  return [
    ...(gated ? ['import sieve_peft  # registers TS_LORA and TS_DORA'] : []),
    'from peft import PeftModel',
    `from transformers import AutoModelFor${auto}${labels ? '' : ', AutoTokenizer'}`,
    `base = AutoModelFor${auto}.from_pretrained(${from}${labels ? `, num_labels=${labels.length}` : ''})`,
    `model = PeftModel.from_pretrained(base, ${placeOf(parts)})`,
    ...(labels
      ? []
      : [
          `tokenizer = AutoTokenizer.from_pretrained(${from})`,
          ...pythonPrompt(parts),
          `ids = model.generate(**inputs, max_new_tokens=${maxNewTokens}, do_sample=False)`,
          'print(tokenizer.decode(ids[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
        ]),
  ].join('\n');
}

/** Which of a repository's .onnx files transformers.js opens: by the end of its name. */
const onnxDtype = (path: string): string =>
  ['fp16', 'q4', 'q4f16'].find((dtype) => path.endsWith(`_${dtype}.onnx`)) ?? 'fp32';

/** Where the exported page finds transformers.js. */
const LIBRARY = 'https://cdn.jsdelivr.net/npm/@huggingface/transformers@4.3.1';

/** transformers.js on files that lie in `model/` beside the page, or in a repository. */
export function browserSnippet({ template, file, repository, maxNewTokens = TOKENS }: SnippetParts): string {
  const asked = template.chat ? 'Who are you?' : template.prompt || 'Once upon a time';
  const input = template.chat ? '[{ role: "user", content: prompt }]' : 'prompt';
  const answer = template.chat ? 'answer.generated_text.at(-1).content' : 'answer.generated_text';
  return [
    `import { ${repository ? '' : 'env, '}pipeline } from ${quoted(LIBRARY)};`,
    ...(repository
      ? []
      : ['env.allowLocalModels = true;', 'env.allowRemoteModels = false;', 'env.localModelPath = "./";']),
    `const generate = await pipeline("text-generation", ${quoted(repository ?? 'model')}, { dtype: ${quoted(onnxDtype(file.path))} });`,
    `const prompt = ${quoted(asked)};`,
    `const [answer] = await generate(${input}, { max_new_tokens: ${maxNewTokens}, do_sample: false });`,
    `console.log(${answer});`,
  ].join('\n');
}

/** A page that does it, for the files. */
export const browserPage = (parts: SnippetParts, title: string): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>`,
    '<p>Serve this folder (for example: python3 -m http.server) and open it; the answer appears below.</p>',
    // The names of elements are the page's own.
    '<pre id="answerBox">…</pre>',
    '<script type="module">',
    browserSnippet(parts).replace('console.log(', 'answerBox.textContent = (').replaceAll('</', '<\\/'),
    '</script>',
    '</html>',
    '',
  ].join('\n');

/** In a shell, a text between single quotes stands as it is. */
const inShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** `base.gguf`: of the same model and the same values. */
export function llamaSnippet({ template, repository, maxNewTokens = TOKENS }: SnippetParts): string {
  const prompt = template.chat ? '-cnv -p ""' : `-no-cnv -p ${inShell(template.prompt || 'Once upon a time')}`;
  const fetched = repository ? `hf download ${repository} adapter.gguf --local-dir .\n` : '';
  const adapter = repository ? 'adapter.gguf' : 'path/to/this/folder/adapter.gguf';
  return `${fetched}llama-cli -m path/to/base.gguf --lora ${adapter} -n ${maxNewTokens} --temp 0 ${prompt}`;
}

/** The code for one kind of files. */
export function snippetOf(kind: ExportKind | 'peft', parts: SnippetParts & { gated: boolean }): string {
  switch (kind) {
    case 'peft':
      return peftSnippet(parts);
    case 'gguf':
      return llamaSnippet(parts);
    case 'onnx':
      return browserSnippet(parts);
    case 'safetensors':
      return transformersSnippet(parts);
  }
}
