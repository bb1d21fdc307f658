/** Which kinds of tokens a gated run skips: its gates on validation examples, counted by class. */
import { exampleCount, toBatch } from '../data/batches';
import type { Trainer } from '../engine/trainer';
import type { TokenClassRow } from '../shared/experiment';
import {
  FREQUENCY_BANDS,
  POSITION_BANDS,
  TOKEN_KINDS,
  UNSEEN,
  frequencyBands,
  positionBand,
  tokenKind,
} from '../shared/tokenClass';
import type { TokenSet } from '../shared/types';
import type { RunId } from './protocol';
import type { Measurable } from './session';

/** Every class in the order it should be shown. */
const ORDER: { group: string; names: readonly string[] }[] = [
  { group: 'Kind', names: TOKEN_KINDS },
  { group: 'Part', names: ['prompt', 'answer'] },
  { group: 'Place in the text', names: POSITION_BANDS.map((b) => b.name) },
  { group: 'Frequency', names: [...FREQUENCY_BANDS.map((b) => b.name), UNSEEN] },
];

/** Of pictures there is the class token, and patches by where they are. */
const PICTURE = { group: 'Picture', names: ['class token', 'edge patch', 'inner patch'] } as const;

function partOfPicture(token: number, side: number): (typeof PICTURE.names)[number] {
  if (token === 0) return 'class token';
  const [row, column] = [Math.floor((token - 1) / side), (token - 1) % side];
  return [row, column].some((i) => i === 0 || i === side - 1) ? 'edge patch' : 'inner patch';
}

async function measurePatches(
  trainer: Trainer,
  validation: TokenSet,
  { runIds, examples }: { runIds: readonly RunId[]; examples: number },
): Promise<Record<RunId, TokenClassRow[]>> {
  const { side } = validation.pictures!.format;
  const result: [RunId, TokenClassRow[]][] = [];
  for (const runId of runIds) {
    const modules = trainer.run(runId).modules.length;
    const rows = PICTURE.names.map(
      (name): TokenClassRow => ({ group: PICTURE.group, name, tokens: 0, passed: 0, skipped: 0 }),
    );
    for (let e = 0; e < Math.min(examples, exampleCount(validation)); e++) {
      const { ids, patches } = toBatch(validation, [e]);
      const { active } = await trainer.measurements.gateMap(runId, ids, patches);
      ids.forEach((token, t) => {
        const row = rows[PICTURE.names.indexOf(partOfPicture(token, side))];
        row.tokens++;
        row.passed += modules;
        for (let m = 0; m < modules; m++) row.skipped += 1 - active[m * ids.length + t];
      });
    }
    result.push([runId, rows.filter(({ tokens }) => tokens > 0)]);
  }
  return Object.fromEntries(result);
}

/** Of each run, the classes that occur. */
export async function measureTokenClasses(
  { model: { tokenizer }, trainer, data: { set: train }, validation }: Measurable,
  runIds: readonly RunId[],
  examples: number,
): Promise<Record<RunId, TokenClassRow[]>> {
  if (validation.pictures) return measurePatches(trainer, validation, { runIds, examples });
  const frequency = frequencyBands(train.ids);
  const n = Math.min(examples, exampleCount(validation));
  const result: [RunId, TokenClassRow[]][] = [];
  for (const runId of runIds) {
    const modules = trainer.run(runId).modules.length;
    const rows = ORDER.map(
      ({ group, names }) =>
        new Map(
          names.map((name): [string, TokenClassRow] => [name, { group, name, tokens: 0, passed: 0, skipped: 0 }]),
        ),
    );
    for (let e = 0; e < n; e++) {
      const [from, to] = [
        validation.offsets[e],
        Math.min(validation.offsets[e + 1], validation.offsets[e] + trainer.capacity.rows),
      ];
      const ids = validation.ids.slice(from, to);
      const pieces = tokenizer.pieces(ids);
      const { active } = await trainer.measurements.gateMap(runId, ids);
      for (let t = 0; t < ids.length; t++) {
        let skipped = 0;
        for (let m = 0; m < modules; m++) skipped += 1 - active[m * ids.length + t];
        const classes = [
          tokenKind(pieces, t),
          validation.supervised[from + t] === 1 ? 'answer' : 'prompt',
          positionBand(t),
          frequency(ids[t]),
        ];
        classes.forEach((name, g) => {
          const row = rows[g].get(name)!;
          row.tokens++;
          row.passed += modules;
          row.skipped += skipped;
        });
      }
    }
    result.push([runId, rows.flatMap((group) => [...group.values()].filter((row) => row.tokens > 0))]);
  }
  return Object.fromEntries(result);
}
