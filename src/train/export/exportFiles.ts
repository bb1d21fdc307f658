/**
 * Files of a trained run for other runtimes, made from its base's own files. Plain functions: page and command line
 * write the same.
 */
import type { DownloadedModel } from '../../hub/model';
import { withFields } from '../../hub/configText';
import { companionsOf } from '../../hub/companions';
import { downloadModel } from '../../hub/model';
import { drawsTokens } from '../../shared/config';
import type { PromptTemplate } from '../../shared/data';
import { AdapterError } from '../../shared/errors';
import type { ExportKind, ValueType } from '../../shared/exports';
import { message } from '../../shared/message';
import { type ModelDescription, tellsClasses } from '../../shared/model';
import { chosenRevision } from '../../shared/revision';
import {
  type SnippetParts,
  browserPage,
  browserSnippet,
  llamaSnippet,
  transformersSnippet,
} from '../../shared/snippets';
import type { ModelFile, ModelSource } from '../../shared/types';
import { type AdapterCheck, writtenCheck } from '../adapterCheck';
import type { RunFacts } from '../protocol';
import { type ExportFile, jsonFile, piecesFile, textFile, wholeFile } from './exportFile';
import { ggufAdapter } from './ggufAdapter';
import { type Trained, mergedWeights, withoutGate } from './mergedWeights';
import { type HubMetadata, modelCard } from './modelCard';
import { boundGraph, unfit, withAdapter } from './onnxNodes';
import { canPatch, mergedOnnx } from './onnxPatches';
import { safetensorsFiles } from './safetensorsFiles';

/** What is exported. */
export interface ExportSubject {
  trained: Trained;
  /** With the head that the run was trained under. */
  model: ModelDescription;
  source: ModelSource;
  /** What of the source was opened. */
  file: Pick<ModelFile, 'path' | 'exact' | 'format'>;
  template: PromptTemplate;
  facts: RunFacts | null;
  /** Of a hub, that the files go to: they are laid out for it. */
  repository?: string;
  /** Logits of a short text under the adapter, for whoever loads the files. */
  check: AdapterCheck | null;
}

/** The files, and what is to be called once they are written. */
export interface Exported {
  files: ExportFile[];
  release(): void;
}

/** The base's files as they were opened: from the browser's own store, if it has them. */
const reopened = ({ source, file }: ExportSubject): Promise<DownloadedModel> =>
  downloadModel(source.kind === 'embedded' ? source : { ...source, file: file.path });

const labelsOf = (model: ModelDescription): readonly string[] | null =>
  tellsClasses(model) ? model.head.labels : null;

const snippetParts = ({ model, template, source, file, repository }: ExportSubject): SnippetParts => ({
  template,
  labels: labelsOf(model),
  pictures: model.embedding.patches !== null,
  base: source.id,
  file,
  repository,
});

/**
 * The class of transformers that reads texts under a class head, of the family of the base's; undefined where its file
 * names none.
 */
function classifierOf(text: string): string[] | undefined {
  const { architectures } = JSON.parse(text) as { architectures?: unknown };
  const [own] = Array.isArray(architectures) ? architectures : [];
  if (typeof own !== 'string') return undefined;
  return [
    own.includes('Classification')
      ? own
      : own.replace(/(LMHead|DoubleHeads)?Model$|For[A-Z]\w*$/, 'ForSequenceClassification'),
  ];
}

/** `config.json` of a model whose weights are plain values of `type`. @param text that of the base */
export function transformersConfig(text: string, { head }: Pick<ModelDescription, 'head'>, type: ValueType): string {
  const name = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }[type];
  return withFields(text, {
    quantization_config: undefined,
    dtype: name,
    torch_dtype: name,
    ...(head.kind === 'vocabulary'
      ? { tie_word_embeddings: head.tied }
      : {
          architectures: classifierOf(text),
          num_labels: undefined,
          id2label: Object.fromEntries(head.labels.map((label, i) => [i, label])),
          label2id: Object.fromEntries(head.labels.map((label, i) => [label, i])),
          problem_type: 'single_label_classification',
        }),
  });
}

const card = (
  subject: ExportSubject,
  library: HubMetadata['library'],
  what: string,
  usage: readonly string[],
): ExportFile => {
  const { trained, source, file, template, facts, model } = subject;
  return textFile(
    'README.md',
    modelCard({
      run: trained.run,
      model: { id: source.id, revision: chosenRevision(source) },
      base: { path: file.path, exact: file.exact },
      template,
      facts,
      labels: labelsOf(model),
      pictures: model.embedding.patches !== null,
      library,
      what,
      usage,
    }),
  );
};

const checkFile = ({ check }: ExportSubject): ExportFile[] =>
  check ? [jsonFile('check.json', writtenCheck(check))] : [];

const python = (code: string): string[] => ['```python', code, '```'];

/** The base with the adapter taken into its weights, as transformers opens it. */
async function mergedSafetensors(subject: ExportSubject, type: ValueType): Promise<Exported> {
  const { trained, model, source } = subject;
  const run = withoutGate(trained);
  const { config, files } = await companionsOf(source, model.embedding.patches === null);
  const { weights } = await reopened(subject);
  return {
    files: [
      textFile('config.json', transformersConfig(config, model, type)),
      ...files.map(({ name, bytes }) => wholeFile(name, bytes)),
      card(
        { ...subject, trained: { ...trained, run } },
        'transformers',
        'The base model with the adapter merged into its weights: it needs no other file.',
        python(transformersSnippet(snippetParts(subject))),
      ),
      ...checkFile(subject),
      ...safetensorsFiles(mergedWeights(model, weights, trained), type),
    ],
    release: () => weights.release(),
  };
}

/** Bytes of a protobuf message, and so of an .onnx file, at most. */
const MAX_ONNX = 2 ** 31 - 1;

/** The base's own graph: with other values where it can be merged, else with the adapter's nodes. */
async function onnxFiles(subject: ExportSubject): Promise<Exported> {
  const { trained, model, source, file, repository } = subject;
  if (drawsTokens(trained.run)) throw new AdapterError(message('train.adapter.randomGate'));
  const { config, files } = await companionsOf(source, true);
  const { weights, reference, config: base } = await reopened(subject);
  if (reference.kind !== 'onnx') throw new AdapterError(message('train.export.onnxBase', { file: file.path }));
  if (tellsClasses(model)) throw new AdapterError(message('train.export.onnxClasses'));
  const { bytes, external } = reference;
  const bound = boundGraph(bytes, base);
  const merged = canPatch(trained, bound);
  // Beside a page that runs it; a repository has it at its root, where transformers.js looks for it.
  const root = repository ? '' : 'model/';
  const folder = `${root}${file.path.slice(0, file.path.lastIndexOf('/') + 1)}`;
  const own = `${root}${file.path}`;
  let graph: ExportFile[];
  if (merged) {
    const made = mergedOnnx(base, bound, { bytes, external, weights, trained });
    const data = [...made.external].map(([name, pieces]) => ({
      name: folder + name,
      length: external.get(name)!.length,
      pieces: () => pieces,
    }));
    graph = [{ name: own, length: bytes.length, pieces: () => made.own }, ...data];
  } else {
    const data = [...external].map(([name, values]) => wholeFile(folder + name, values));
    graph = [piecesFile(own, withAdapter(base, { weights, bytes }, trained)), ...data];
  }
  if (graph[0].length > MAX_ONNX) unfit(message('train.export.onnxHas.size', { bytes: graph[0].length }));
  return {
    files: [
      ...(repository ? [] : [textFile('index.html', browserPage(snippetParts(subject), trained.run.name))]),
      card(
        subject,
        'transformers.js',
        merged
          ? 'The base’s ONNX file with the adapter merged into its weights, for ONNX Runtime and transformers.js.'
          : 'The base’s ONNX file with the adapter and its gates as nodes of its graph, for ONNX Runtime and transformers.js.',
        [
          ...(repository ? [] : ['index.html runs it in a browser. In a program:', '']),
          '```js',
          browserSnippet(snippetParts(subject)),
          '```',
        ],
      ),
      textFile(`${root}config.json`, config),
      ...files.map(({ name, bytes: content }) => wholeFile(root + name, content)),
      ...checkFile(subject),
      ...graph,
    ],
    release: () => weights.release(),
  };
}

/** The adapter alone, as llama.cpp reads it. */
async function ggufFiles(subject: ExportSubject): Promise<Exported> {
  const { trained, model } = subject;
  return {
    files: [
      wholeFile('adapter.gguf', ggufAdapter(model, trained)),
      card(subject, null, 'A LoRA adapter for llama.cpp, which needs a GGUF of the base beside it.', [
        '```sh',
        llamaSnippet(snippetParts(subject)),
        '```',
      ]),
      ...checkFile(subject),
    ],
    release: () => undefined,
  };
}

/**
 * The files of one kind. Weights are read while the files are written.
 * @throws {AdapterError} where the kind cannot hold what the adapter does; {ModelError} where the base's files are gone
 */
export function exportFiles(kind: ExportKind, subject: ExportSubject, type: ValueType): Promise<Exported> {
  switch (kind) {
    case 'onnx':
      return onnxFiles(subject);
    case 'gguf':
      return ggufFiles(subject);
    case 'safetensors':
      return mergedSafetensors(subject, type);
  }
}
