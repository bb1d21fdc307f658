/** What a step gave, to be compared with what another gave. */
import type { StepResult } from '../../engine/trainer';

/** The results of `ids`, in that order, without the time of day. */
export async function settled(
  results: Map<string, Promise<StepResult>>,
  ids: readonly string[],
): Promise<StepResult[]> {
  return Promise.all(ids.map(async (id) => ({ ...(await results.get(id)!), at: 0 })));
}
