/** The model that a session trains: the open one, under a head for the classes of its data where they are others. */
import type { WholeValues } from '../engine/adapters/wholeModules';
import { classModelOf, drawHead, placesIn, withLabels } from '../shared/classHead';
import type { TrainConfig } from '../shared/config';
import { TrainError } from '../shared/errors';
import { message } from '../shared/message';
import { type ClassModel, type ModelDescription, tellsClasses } from '../shared/model';
import type { SequenceLabels, TokenSet } from '../shared/types';
import type { OpenModel } from './openModel';

interface Sets {
  train: TokenSet;
  validation: TokenSet;
}

/** What a session trains, as far as it can be said without the weights. */
interface Trained<T extends Sets> {
  config: ModelDescription;
  data: T;
  /** A new head; null: the model's own stays, or it has none. */
  head: WholeValues | null;
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
 * A head that knows all classes of the data by name stays; else a new one is drawn, by the seed: also for a model that
 * writes text, where the settings say so.
 * @throws {TrainError} where the data have classes and the model has none, or the other way round
 */
export function headFor<T extends Sets>(
  config: ModelDescription,
  data: T,
  { seed, taskType }: Pick<TrainConfig, 'seed' | 'taskType'>,
): Trained<T> {
  const { labels } = data.train;
  const tells = tellsClasses(config) || taskType === 'SEQ_CLS' ? classModelOf(config) : null;
  if (!tells || !labels || !data.validation.labels) {
    if (tells) throw new TrainError(message('train.session.unlabelled'));
    if (labels) throw new TrainError(message('train.session.noClasses'));
    return { config, data, head: null };
  }
  const places = placesIn(tells.head, labels.classes);
  const classes = places ? tells.head.labels : labels.classes;
  const own = places ?? labels.classes.map((_, i) => i);
  const mapped = {
    ...data,
    train: { ...data.train, labels: placed(labels, classes, own) },
    validation: { ...data.validation, labels: placed(data.validation.labels, classes, own) },
  };
  if (places) return { config, data: mapped, head: null };
  const headed = withLabels(tells, classes);
  return { config: headed, data: mapped, head: drawHead(headed, seed) };
}

/** The open model as `headFor` has it. @throws {TrainError | OutOfMemoryError} */
export async function underHead<T extends Sets>(
  open: OpenModel,
  given: T,
  train: Pick<TrainConfig, 'seed' | 'taskType'>,
): Promise<Headed<T>> {
  const { config, data, head } = headFor(open.base.config, given, train);
  if (!head) return { model: open, data, drawn: false, free: () => undefined };
  const base = await open.base.withHead(config as ClassModel, head);
  const model = { ...open, base, info: { ...open.info, config } };
  return { model, data, drawn: true, free: () => base.free() };
}
