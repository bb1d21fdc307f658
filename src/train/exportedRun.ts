/** What the files of an adapter say beside its values: the model that it belongs to, and logits to know it by. */
import type { AdapterRun } from '../engine/adapterRun';
import type { BaseModel } from '../engine/base';
import { sourceName } from '../hub/source';
import { framedIds, promptIds } from '../hub/tokenizer';
import { tellsClasses } from '../shared/model';
import { chosenRevision } from '../shared/revision';
import { type AdapterCheck, checkOf } from './adapterCheck';
import { checkPicture } from './checkPicture';
import { logitRows } from './logitRows';
import type { OpenModel } from './openModel';

const CHECK_ROWS = 3;
const CHECK_TOKENS = 16;
const CHECK_TEXT = 'Once upon a time there was a fox who wanted to see the sea.';

/**
 * Logits of a short text (or picture) under an adapter, for whoever loads its files. @param base under the run's own
 * head
 */
export async function exportedCheck(
  run: AdapterRun,
  base: BaseModel,
  { tokenizer, info }: OpenModel,
): Promise<AdapterCheck> {
  const { pictures } = tokenizer;
  const picture = pictures && checkPicture(pictures);
  const sequence = picture?.sequence ?? {
    ids: tellsClasses(base.config)
      ? framedIds(tokenizer, CHECK_TEXT, CHECK_TOKENS)
      : promptIds(tokenizer, CHECK_TEXT).slice(0, CHECK_TOKENS),
  };
  const all = await logitRows(base, run, [sequence]);
  const rows = Array.from({ length: Math.min(CHECK_ROWS, all.length) }, (_, i) => all.length - 1 - i);
  return checkOf({
    model: sourceName(info.source),
    ids: [...sequence.ids],
    ...(picture && { picture: picture.written }),
    rows,
    logits: rows.map((r) => all[r]),
  });
}

/** What an adapter's files say of the model that it belongs to. @param base under the run's own head */
export async function originOf(run: AdapterRun, base: BaseModel, { source, file }: OpenModel['info']) {
  const { path, dtype, exact } = file;
  return {
    model: { id: source.id, revision: chosenRevision(source) },
    base: { path, dtype, exact },
    inOut: run.modules.some((m) => m.inOut),
    classes: tellsClasses(base.config) ? { model: base.config, values: await run.wholeValues() } : null,
  };
}
