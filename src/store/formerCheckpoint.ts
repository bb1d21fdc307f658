/**
 * What the page keeps in a checkpoint, as earlier versions wrote it. Those were never in a schema: what is not there
 * stays away.
 */
import { trainSchema } from '../shared/config';
import { formerRecipe } from '../shared/dataRecipe';
import { each, isFields, renamed } from '../shared/formerNames';
import { devicesOf } from '../shared/origin';
import { formerLog } from '../shared/savedSession';
import { formerConfig } from '../shared/settings/versions';
import type { CheckpointInfo } from '../train/protocol';

/** What is told of an interrupted session, under today's names. */
export function todaysInfo(info: CheckpointInfo): CheckpointInfo {
  const data = (of: unknown) => renamed(of, {}, { recipe: formerRecipe });
  // What the runs share is shown in the form: a setting that is newer than the checkpoint has its default.
  const train = (of: unknown) => trainSchema.safeParse(of).data ?? of;
  const config = (of: unknown) => renamed(formerConfig(of), {}, { train });
  const named = renamed(info, { experiment: 'config' }, { config, data }) as CheckpointInfo;
  return { ...named, devices: devicesOf(named) };
}

/** The page's own part, under today's names. */
export const todaysPage = (page: unknown): unknown =>
  isFields(page) && page.version === 1
    ? renamed(page, { histories: 'metricLogs' }, { version: () => 2, metricLogs: each(formerLog) })
    : page;
