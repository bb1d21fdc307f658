/** What options say of device and data. */
import { ConfigError } from '../shared/errors';
import { DATA_KINDS, type DataKind, READ_AUTO } from '../shared/data';
import type { DataRecipe } from '../shared/dataRecipe';
import { message } from '../shared/message';
import { DATA_ROLES } from '../shared/template';
import { MAX_EXAMPLES } from '../store/slices';
import { type Options, numberOf, oneOf } from './options';
import { fileName } from './setup';
import type { DataChoices, DeviceWish } from './workplace';

export function deviceWish({ device = 'cpu', threads }: Options): DeviceWish {
  return {
    kind: oneOf('device', device, ['cpu', 'gpu']),
    ...(threads !== undefined && { threads: numberOf('threads', threads, [1, 64]) }),
  };
}

/** @param recipe of a saved session; options go before it */
export function dataChoices(options: Options, recipe: DataRecipe | null): DataChoices {
  const had: DataChoices = recipe ? chosenIn(recipe) : {};
  const share = options['validation-share'];
  const seed = options['data-seed'];
  const most = options['max-examples'];
  const choices = { ...READ_AUTO, ...had.choices, files: {} };
  if (options.validation)
    choices.files = Object.fromEntries([
      ...(options.data ?? []).map((path) => [fileName(path), 'train']),
      ...options.validation.map((path) => [fileName(path), 'validation']),
    ]);
  return {
    ...had,
    choices,
    ...(share !== undefined && { validationShare: numberOf('validation-share', share, [0, 0.5], false) }),
    ...(seed !== undefined && { seed: numberOf('data-seed', seed, [0, 0xffffffff]) }),
    ...(most !== undefined && { maxExamples: numberOf('max-examples', most, [1, MAX_EXAMPLES]) }),
    ...(options['all-tokens'] && { completionOnly: false }),
    ...(options['no-stratify'] && { stratify: false }),
    ...columns(options),
  };
}

/** What a recipe says of how data are read, and not which they are. */
function chosenIn(recipe: DataRecipe): DataChoices {
  const { choices, mapping, template, chatChoice, completionOnly, validationShare } = recipe;
  const { seed, maxExamples, stratify, decisions } = recipe;
  const split = { validationShare, seed, maxExamples, stratify };
  return { choices, mapping, template, chatChoice, completionOnly, decisions, ...split };
}

/** Kind, columns and templates; a kind that is not said follows from the roles. */
function columns(options: Options): Pick<DataChoices, 'said'> {
  const roles = Object.fromEntries(
    (options.column ?? []).map((said) => {
      const at = said.indexOf('=');
      if (at < 1) throw new ConfigError(message('cli.column', { said }));
      return [said.slice(0, at), said.slice(at + 1)];
    }),
  );
  const names = Object.keys(roles);
  const has = (kind: DataKind) => names.every((name) => DATA_ROLES[kind].some(({ role }) => role === name));
  const kind =
    options.kind === undefined
      ? names.length > 0
        ? DATA_KINDS.find((k) => has(k))
        : undefined
      : oneOf('kind', options.kind, DATA_KINDS);
  const stray =
    kind && has(kind) ? undefined : names.find((name) => !kind || !DATA_ROLES[kind].some(({ role }) => role === name));
  if (stray !== undefined)
    throw new ConfigError(
      message('cli.role', {
        role: stray,
        known: kind ? DATA_ROLES[kind].map(({ role }) => role).join(', ') : DATA_KINDS.join(', '),
      }),
    );
  const prompt = options['prompt-template'];
  const completion = options['completion-template'];
  const template = { ...(prompt !== undefined && { prompt }), ...(completion !== undefined && { completion }) };
  if (!kind && Object.keys(template).length === 0) return {};
  return { said: { ...(kind && { kind }), roles, template } };
}
