/** The model that a session trains: the open one, under a head for the classes of its data where they are others. */
import { classModelOf, drawHead, placesIn, withLabels } from '../shared/classHead';
import type { TrainConfig } from '../shared/config';
import { TrainError } from '../shared/errors';
import { message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import type { SequenceLabels, TokenSet } from '../shared/types';
import type { OpenModel } from './openModel';

interface Sets {
  train: TokenSet;
  validation: TokenSet;
}

export interface Headed<T extends Sets> {
  model: OpenModel;
  /** What the head's logits stand for, in their order, is what labels are places in. */
  data: T;
  /** Whether the head is new. */
  drawn: boolean;
  /** Frees what is not the open model's own. */
  free(): void;
}

/** Labels as places in the head's list of classes. */
function placed({ of }: SequenceLabels, classes: readonly string[], places: readonly number[]): SequenceLabels {
  return { classes, of: of.map((label) => places[label]) };
}

/**
 * A head that knows all classes of the data by name stays; else a new one is drawn, by the seed: also for a model that writes
 * text, where the settings say so.
 * @throws {TrainError} where the data have classes and the model has none, or the other way round; {OutOfMemoryError}
 */
export async function underHead<T extends Sets>(
  open: OpenModel,
  data: T,
  { seed, taskType }: Pick<TrainConfig, 'seed' | 'taskType'>,
): Promise<Headed<T>> {
  const { config } = open.base;
  const { labels } = data.train;
  const tells = tellsClasses(config) || taskType === 'SEQ_CLS' ? classModelOf(config) : null;
  if (!tells || !labels || !data.validation.labels) {
    if (tells) throw new TrainError(message('train.session.unlabelled'));
    if (labels) throw new TrainError(message('train.session.noClasses'));
    return { model: open, data, drawn: false, free: () => undefined };
  }
  const places = placesIn(tells.head, labels.classes);
  const classes = places ? tells.head.labels : labels.classes;
  const own = places ?? labels.classes.map((_, i) => i);
  const mapped = {
    ...data,
    train: { ...data.train, labels: placed(labels, classes, own) },
    validation: { ...data.validation, labels: placed(data.validation.labels, classes, own) },
  };
  if (places) return { model: open, data: mapped, drawn: false, free: () => undefined };
  const headed = withLabels(tells, classes);
  const base = await open.base.withHead(headed, drawHead(headed, seed));
  const model = { ...open, base, info: { ...open.info, config: headed } };
  return { model, data: mapped, drawn: true, free: () => base.free() };
}
