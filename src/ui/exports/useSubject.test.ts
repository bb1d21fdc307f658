import { expect, it } from 'vitest';
import { classModelOf, withLabels } from '../../shared/classHead';
import type { ModelDescription } from '../../shared/model';
import { snippetOf } from '../../shared/snippets';
import type { TaskType } from '../../shared/types';
import { endedSession } from '../../store/testing/fixtures';
import type { ModelInfo } from '../../train/protocol';
import { TINY_LLAMA } from '../../train/testing/tinyLlama';
import { subjectOf } from './useSubject';

/** A file whose head tells two classes, or one that writes text. */
const SENTIMENT = withLabels(classModelOf(TINY_LLAMA)!, ['negative', 'positive']);

interface Case {
  model: ModelDescription;
  taskType: TaskType;
  /** Of the session's data. */
  classes?: readonly string[];
  /** Of an adapter that was imported. */
  labels?: readonly string[] | null;
}

function subject({ model, taskType, classes, labels }: Case) {
  const info = {
    source: { kind: 'hub', id: 'me/model' },
    config: model,
    file: { path: 'model.safetensors', format: 'safetensors' },
  } as unknown as ModelInfo;
  const { config, ...rest } = endedSession();
  const session = { ...rest, classes, config: { ...config, train: { ...config.train, taskType } } };
  const imported = { runId: 'imported-1', name: 'Mine', template: null, gated: false, method: 'lora' as const };
  const given = labels !== undefined;
  return subjectOf({
    exportOf: given ? imported.runId : 'lora',
    session: given ? null : session,
    imported: given ? [{ ...imported, labels }] : [],
    info,
    template: session.template,
  })!;
}

const TICKETS = ['billing', 'crash', 'login'];

it.each<[string, Case, readonly string[] | null]>([
  [
    'a file’s head, of a session with other classes',
    { model: SENTIMENT, taskType: 'SEQ_CLS', classes: TICKETS },
    TICKETS,
  ],
  [
    'a file’s head that knows them all, in its own order',
    { model: SENTIMENT, taskType: 'SEQ_CLS', classes: ['Positive', 'negative'] },
    ['negative', 'positive'],
  ],
  [
    'a file’s head, of a session that nobody knows the classes of',
    { model: SENTIMENT, taskType: 'SEQ_CLS' },
    ['negative', 'positive'],
  ],
  ['a decoder under a new head', { model: TINY_LLAMA, taskType: 'SEQ_CLS', classes: TICKETS }, TICKETS],
  ['a decoder that writes', { model: TINY_LLAMA, taskType: 'CAUSAL_LM' }, null],
  ['an adapter that brought a head', { model: TINY_LLAMA, taskType: 'CAUSAL_LM', labels: TICKETS }, TICKETS],
  ['an adapter without one', { model: TINY_LLAMA, taskType: 'CAUSAL_LM', labels: null }, null],
])('the labels of what is exported are those it was trained with: %s', (_, from, labels) => {
  const found = subject(from);
  expect(found.labels).toEqual(labels);
  const code = snippetOf('peft', found);
  if (labels) expect(code).toContain(`num_labels=${labels.length}`);
  else expect(code).not.toContain('num_labels');
});
