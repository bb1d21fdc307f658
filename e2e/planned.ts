/** The memory plan as the page shows it, against which the tab's memory is held. */
import type { App } from './app';

/** The tab's memory at its peak, relative to the plan. */
export const MOST_OF_PLAN = 1.6;

/** "1.5 GiB" in MiB. */
function mebibytes(text: string): number {
  const [, number, unit] = /([\d.]+) (GiB|MiB|KiB)/.exec(text) ?? [];
  return Number(number) * { GiB: 1024, MiB: 1, KiB: 1 / 1024 }[unit as 'GiB']!;
}

/** What training takes, and what opening took before it, in MiB. */
export async function plannedMemory(app: App): Promise<{ training: number; opening: number }> {
  const training = await app.get('plan-table').locator('tfoot strong').textContent();
  const opening = await app.get('plan-opening').textContent();
  return { training: mebibytes(training ?? ''), opening: mebibytes(opening ?? '') };
}
