/** Adapters on their way from one device to another: what the page shows can still answer and be exported there. */
import { drawsTokens } from '../shared/config';
import type { PromptTemplate } from '../shared/data';
import type { AdapterFile, RunId } from '../train/protocol';
import type { Imported, SessionView, State } from './slices';
import type { TrainClient } from './trainClient';

export interface Carried {
  session: { runId: RunId; files: AdapterFile[] }[];
  imported: { run: Imported; files: AdapterFile[] }[];
}

/** Runs of the session whose adapters lie on the device: those that go along, and those that no file can hold. */
export function adaptersOf(session: SessionView | null): { goes: RunId[]; stays: RunId[] } {
  const there =
    session?.config.runs.filter(
      ({ id }) => (session.metricLogs.get(id)?.step.length ?? 0) > 0 && !session.gone?.has(id),
    ) ?? [];
  return {
    goes: there.filter((r) => !drawsTokens(r)).map((r) => r.id),
    stays: there.filter(drawsTokens).map((r) => r.id),
  };
}

/** Copies every adapter off the device that is open. */
export async function takeAdapters(train: TrainClient, { runs, dataset }: State): Promise<Carried> {
  const { session, imported } = runs;
  const files = async (runId: RunId, template: PromptTemplate) =>
    (await train.request({ type: 'export', runId, template, check: false })).files;
  const carried: Carried = { session: [], imported: [] };
  for (const runId of adaptersOf(session).goes)
    carried.session.push({ runId, files: await files(runId, session!.template) });
  for (const run of imported)
    carried.imported.push({ run, files: await files(run.runId, run.template ?? dataset.template) });
  return carried;
}

/**
 * Puts them on the device that is open now.
 * @param failed told of each that cannot be put there
 * @returns the imported ones, under the ids they have there, and the runs of the session that are lost
 */
export async function giveAdapters(
  train: TrainClient,
  { session, imported }: Carried,
  failed: (error: unknown) => void,
): Promise<{ imported: Imported[]; lost: RunId[] }> {
  const give = async (files: AdapterFile[], as: RunId | null): Promise<RunId | null> => {
    try {
      return (
        await train.request(
          { type: 'import', files, as },
          files.map((f) => f.bytes.buffer as ArrayBuffer),
        )
      ).runId;
    } catch (error) {
      failed(error);
      return null;
    }
  };
  const lost: RunId[] = [];
  for (const { runId, files } of session) if ((await give(files, runId)) === null) lost.push(runId);
  const there: Imported[] = [];
  for (const { run, files } of imported) {
    const runId = await give(files, null);
    if (runId !== null) there.push({ ...run, runId });
  }
  return { imported: there, lost };
}
