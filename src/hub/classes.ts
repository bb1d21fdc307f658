/** How a configuration says that a model tells classes apart, and which. */
import { classModelOf, withLabels } from '../shared/classHead';
import { message } from '../shared/message';
import { type ModelDescription, tellsClasses } from '../shared/model';
import { type Fields, refuse, show } from './fields';

/** Most classes of a head. */
const MAX_CLASSES = 1000;
const MAX_NAME = 200;

/**
 * `id2label` in the order of its ids; without it two classes, as transformers has them.
 * @throws {ModelError} where ids are missing or names are none
 */
export function readLabels(f: Fields): string[] {
  if (!f.has('id2label')) return ['LABEL_0', 'LABEL_1'];
  const names = f.get('id2label');
  const wrong = (): never => refuse(message('hub.configHas.labels', { value: show(names), most: MAX_CLASSES }));
  if (typeof names !== 'object' || Array.isArray(names)) return wrong();
  const byId = names as Record<string, unknown>;
  const count = Object.keys(byId).length;
  if (count < 2 || count > MAX_CLASSES) return wrong();
  return Array.from({ length: count }, (_, i) => {
    const name = Object.hasOwn(byId, String(i)) ? byId[String(i)] : null;
    return typeof name === 'string' && name.length <= MAX_NAME ? name : wrong();
  });
}

/** Whether the file's own head tells classes of texts apart. */
const saysClasses = (f: Fields): boolean =>
  JSON.stringify(f.get('architectures') ?? '').includes('ForSequenceClassification');

/**
 * The model with the head that its file has: a decoder that was published as a classifier has one with classes.
 * @throws {ModelError} where transformers makes no classifier of the family
 */
export function asPublished(f: Fields, model: ModelDescription): ModelDescription {
  if (tellsClasses(model) || !saysClasses(f)) return model;
  const classifier = classModelOf(model);
  if (!classifier) return refuse(message('hub.configHas.noClassHead', { family: model.family }));
  return withLabels(classifier, readLabels(f));
}
