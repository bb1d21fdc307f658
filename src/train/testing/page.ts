/** What the page does with files that are dropped, for tests: read, guessed, prepared, listed. */
import { compileChatTemplate } from '../../hub/chatTemplate';
import {
  type ChatTemplate,
  type DataKind,
  type Issue,
  type OwnFile,
  type PrepareReport,
  READ_AUTO,
  type ReadChoices,
  type RenderChats,
  type Repairs,
  type Speaker,
  type TableInfo,
} from '../../shared/data';
import { unguard } from '../../shared/guard';
import { usedColumns } from '../../shared/template';
import type { Tokenizer } from '../../shared/types';
import { DataDesk } from '../dataDesk';
import type { DataReplies } from '../protocol';
import { say } from '../../shared/texts/say';
import { USUAL_OPTIONS } from '../../data/testing/options';

export const render: RenderChats = async (template, chats, as) => {
  const compiled = compileChatTemplate(template);
  return chats.map((turns) => compiled[as](turns));
};

export interface Page {
  table: TableInfo;
  rowCount: number;
  detection: DataReplies['detect']['detection'];
  kind: DataKind;
  roles: Record<string, string | null>;
  report: PrepareReport;
  /** Every example in full, and what of it is learnt. */
  examples: { text: string; learnt: string }[];
  unused: string[];
  issue(name: Issue): { rows: number; reasons: string[] };
  labels: string[];
}

/** What a person does beside dropping the files. */
export interface How {
  choices?: Partial<ReadChoices>;
  repairs?: Partial<Repairs>;
  chat?: ChatTemplate;
  speakers?: Record<string, Speaker>;
}

export async function readAsPage(files: OwnFile[], tokenizer: Tokenizer, how: How = {}): Promise<Page> {
  const desk = new DataDesk(() => render);
  desk.useTokenizer(tokenizer);
  const parsed = (await desk.answer({ type: 'parse', files, choices: { ...READ_AUTO, ...how.choices } }, {}))
    .value as DataReplies['parse'];
  const repairs = { ...parsed.repairs, ...how.repairs };
  const { detection, template } = how.repairs
    ? ((await desk.answer({ type: 'detect', repairs }, {})).value as DataReplies['detect'])
    : parsed;
  const mapping = how.speakers ? { ...detection.mapping, speakers: how.speakers } : detection.mapping;
  const used = how.chat ? { ...template, chat: how.chat } : template;
  const options = {
    ...USUAL_OPTIONS,
    mapping,
    template: used,
    maxSequenceLength: 1024,
    repairs,
  };
  const { report } = (await desk.answer({ type: 'prepare', options }, {})).value as DataReplies['prepare'];
  const { examples } = (await desk.answer({ type: 'preview', from: 0, count: 500 }, {}))
    .value as DataReplies['preview'];
  const text = (tokens: (typeof examples)[number]['tokens']) => unguard(tokenizer.decode(tokens.map((t) => t.id)));
  return {
    table: parsed.table,
    rowCount: parsed.rowCount,
    detection,
    kind: mapping.kind,
    roles: mapping.roles,
    report,
    examples: examples.map(({ tokens }) => ({
      text: text(tokens),
      learnt: text(tokens.filter((t) => t.state === 'trained')),
    })),
    unused: parsed.table.columns.filter(
      (c) => !usedColumns(parsed.table.columns, mapping, used).includes(c) && !parsed.empty.includes(c),
    ),
    issue: (issue) => {
      const found = report.issues.find((i) => i.issue === issue);
      return { rows: found?.rows ?? 0, reasons: found?.reasons.map((r) => say(r.reason)) ?? [] };
    },
    labels: (report.labels ?? []).map((l) => l.label).sort(),
  };
}
