/** Files of a trained run for other runtimes, made from its base's own files. Plain functions: page and command line write the same. */
import type { DownloadedModel } from '../../hub/model';
import { withFields } from '../../hub/configText';
import { companionsOf } from '../../hub/companions';
import { downloadModel } from '../../hub/model';
import type { PromptTemplate } from '../../shared/data';
import type { ExportKind, ValueType } from '../../shared/exports';
import { type ModelDescription, tellsClasses } from '../../shared/model';
import { type SnippetParts, llamaSnippet, transformersSnippet } from '../../shared/snippets';
import type { ModelFile, ModelSource } from '../../shared/types';
import { type AdapterCheck, writtenCheck } from '../adapterCheck';
import type { RunFacts } from '../protocol';
import { type ExportFile, jsonFile, textFile, wholeFile } from './exportFile';
import { ggufAdapter } from './ggufAdapter';
import { type Trained, mergedWeights, withoutGate } from './mergedWeights';
import { modelCard } from './modelCard';
import { safetensorsFiles } from './safetensorsFiles';

/** What is exported. */
export interface ExportSubject {
  trained: Trained;
  /** With the head that the run was trained under. */
  model: ModelDescription;
  source: ModelSource;
  /** What of the source was opened. */
  file: Pick<ModelFile, 'path' | 'exact'>;
  template: PromptTemplate;
  facts: RunFacts | null;
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

const snippetParts = ({ model, template, source }: ExportSubject): SnippetParts => ({
  template,
  labels: labelsOf(model),
  pictures: model.embedding.patches !== null,
  base: source.id,
});

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
          ...head.given,
          num_labels: undefined,
          id2label: Object.fromEntries(head.labels.map((label, i) => [i, label])),
          label2id: Object.fromEntries(head.labels.map((label, i) => [label, i])),
          problem_type: 'single_label_classification',
        }),
  });
}

const card = (subject: ExportSubject, what: string, usage: readonly string[]): ExportFile => {
  const { trained, source, file, template, facts, model } = subject;
  const revision = source.kind === 'hub' && source.revision !== 'main' ? source.revision : null;
  return textFile(
    'README.md',
    modelCard({
      run: trained.run,
      model: { id: source.id, revision },
      base: { path: file.path, exact: file.exact },
      template,
      facts,
      labels: labelsOf(model),
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
        'The base model with the adapter merged into its weights: it needs no other file.',
        python(transformersSnippet(snippetParts(subject))),
      ),
      ...checkFile(subject),
      ...safetensorsFiles(mergedWeights(model, weights, trained), type),
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
      card(subject, 'A LoRA adapter for llama.cpp, which needs a GGUF of the base beside it.', [
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
    case 'gguf':
      return ggufFiles(subject);
    case 'safetensors':
      return mergedSafetensors(subject, type);
  }
}
