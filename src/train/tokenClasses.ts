/** Which kinds of tokens a gated run skips: its gates on validation examples, counted by class. */
import { exampleCount } from '../data/batches';
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
import type { RunId } from './protocol';
import type { Measurable } from './session';

/** Every class in the order it should be shown. */
const ORDER: { group: string; names: readonly string[] }[] = [
  { group: 'Kind', names: TOKEN_KINDS },
  { group: 'Part', names: ['prompt', 'answer'] },
  { group: 'Place in the text', names: POSITION_BANDS.map((b) => b.name) },
  { group: 'Frequency', names: [...FREQUENCY_BANDS.map((b) => b.name), UNSEEN] },
];

/** Of each run, the classes that occur. */
export async function measureTokenClasses(
  { model: { tokenizer }, trainer, data: { set: train }, validation }: Measurable,
  runIds: readonly RunId[],
  examples: number,
): Promise<Record<RunId, TokenClassRow[]>> {
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
      const { active } = await trainer.gateMap(runId, ids);
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
