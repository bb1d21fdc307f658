/** What the page asks the data worker for, what it answers and tells; and what that asks the template worker. */
import type {
  ChatTemplate,
  Detection,
  ListedRow,
  LostRow,
  Mapping,
  OwnFile,
  PrepareOptions,
  PrepareReport,
  PreviewExample,
  PromptTemplate,
  ReadChoices,
  RenderedChat,
  Repairs,
  RowDetail,
  RowQuery,
  Segment,
  TableInfo,
  Turn,
} from '../../shared/data';
import type { ErrorInfo } from '../../shared/errors';
import type { Message } from '../../shared/message';
import type { ModelSource, Prompt, TokenSet } from '../../shared/types';
import type { FolderFiles } from './train';

export type DataRequest =
  /**
   * Tokeniser of the model in use. Must come before `prepare`. Ends opening another, and what is made with the last
   * one.
   */
  | { type: 'open-tokenizer'; source: ModelSource; files?: FolderFiles }
  /** Ends opening one; there is none then. */
  | { type: 'close-tokenizer' }
  /**
   * What the first row becomes, whatever is under way; ends the same question about another template. Needs `parse`; a
   * model's own template needs `open-tokenizer`.
   */
  | { type: 'try-template'; mapping: Mapping; template: PromptTemplate }
  /** Chats as prompts in a model's own template, whatever is under way. */
  | { type: 'applyChatTemplate'; template: ChatTemplate; chats: Turn[][] }
  /**
   * Reads files, packed or not. Ends every parse, prepare and list that is under way. What was read before stays where
   * it fails.
   */
  | { type: 'parse'; files: OwnFile[]; choices: ReadChoices }
  /** What the columns mean once these repairs are made. Needs `parse`. */
  | { type: 'detect'; repairs: Repairs }
  /** Ends a prepare or list that is under way. */
  | { type: 'prepare'; options: PrepareOptions }
  /** Examples `from … from+count`, as token chips. Needs `prepare`, as do all below. */
  | { type: 'preview'; from: number; count: number }
  /** Rows that match, `from … from+count` of them. Ends a list that is under way. */
  | ({ type: 'list' } & RowQuery)
  | { type: 'detail'; item: number }
  /** Rows that cannot be read. */
  | { type: 'lost' }
  /**
   * Every row that is not used, with the reasons, as JSON lines; `why` has those of `lost` in words, in their order.
   */
  | { type: 'rejected'; why: string[] }
  /** Ends reading, preparing and listing; they fail with `Cancelled`. Answered once they have. */
  | { type: 'cancel' };

export interface DataReplies {
  /** The chat templates that the model brings, the usual one first. */
  'open-tokenizer': { templates: ChatTemplate[] };
  'try-template': { segments: Segment[] };
  applyChatTemplate: { prompts: Prompt[] };
  /**
   * `repairs` are those without which hardly a row could be read; `empty` names columns without any value among the
   * first rows.
   */
  parse: {
    table: TableInfo;
    sample: string[][];
    rowCount: number;
    repairs: Repairs;
    empty: string[];
  } & DataReplies['detect'];
  detect: { detection: Detection; template: PromptTemplate };
  /** Both sets are empty where the report names a problem. */
  prepare: { report: PrepareReport; preview: PreviewExample[]; train: TokenSet; validation: TokenSet };
  preview: { examples: PreviewExample[] };
  list: { total: number; rows: ListedRow[] };
  detail: RowDetail | null;
  lost: { rows: LostRow[] };
  rejected: { file: Blob };
  'close-tokenizer': null;
  cancel: null;
}

export type DataEvent =
  /** How far a parse or prepare is; `total` is null where it is not known. */
  { type: 'progress'; label: Message; loaded: number; total: number | null };

/** The data worker asks it; whatever it does not answer in time it is ended over. */
export interface TemplateRequest {
  template: ChatTemplate;
  chats: readonly (readonly Turn[])[];
  as: 'chat' | 'prompt';
}

export type TemplateEvent =
  /** After each rendering. */
  | { kind: 'alive' }
  /** Each chat, in order. */
  | { kind: 'rendered'; chat: RenderedChat }
  /** Instead of what is left. */
  | { kind: 'failed'; error: ErrorInfo };
