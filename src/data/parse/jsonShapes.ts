/** Shapes of JSON values: a turn of a chat, and where one object hides the rows. */
import { meaningsOf } from '../columnNames';

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys under which a turn says who speaks, and what is said. */
export const WHO_KEYS = [
  'role',
  'from',
  'speaker',
  'author',
  'sender',
  'who',
  'agent',
  'name',
  '角色',
  '说话人',
] as const;
export const SAID_KEYS = ['content', 'value', 'text', 'message', 'utterance', 'parts', 'body', '内容', '文本'] as const;

/** The same record with its keys in small letters: "Role" is `role`. */
export function lowered(record: Fields): Fields {
  return Object.keys(record).every((key) => key === key.toLowerCase())
    ? record
    : Object.fromEntries(Object.entries(record).map(([key, value]) => [key.trim().toLowerCase(), value]));
}

/** Whether the value is one turn of a chat: who, and what. */
export function isTurn(record: unknown): boolean {
  if (!isObject(record)) return false;
  const value = lowered(record);
  const who = WHO_KEYS.find((k) => typeof value[k] === 'string' && Object.hasOwn(value, k));
  if (who === undefined || (value[who] as string).length > 40) return false;
  return SAID_KEYS.some((k) => Object.hasOwn(value, k)) || Object.hasOwn(value, 'tool_calls');
}

export interface Inside {
  /** Where the list was found: `data`, `data.train`. */
  key: string;
  /** Other lists beside it that are not read. */
  others: string[];
  train: unknown[];
  validation: unknown[];
}

const VALIDATION = /^(valid|validation|val|dev|eval|test|heldout|held_out)$/i;

/** The rows in an object that is all of a file: the longest list of records in it, or columns side by side. */
export function rowsInside(value: unknown): Inside | null {
  if (!isObject(value) || isTurn(value)) return null;
  const split = splitColumns(value);
  if (split) return { key: 'data', others: [], train: split, validation: [] };
  const lists = listsIn(value, '', 0).filter(({ list }) => !isTurn(list[0]));
  if (lists.length > 0) {
    const train = lists.find(({ key }) => /(^|\.)train(ing)?$/i.test(key));
    const best = train ?? lists.toSorted((a, b) => b.list.length - a.list.length)[0];
    const held = train ? lists.filter((l) => VALIDATION.test(l.key.split('.').at(-1)!)) : [];
    const own = held.find((l) => /val|dev/i.test(l.key)) ?? held[0];
    return {
      key: best.key,
      others: lists.filter((l) => l !== best && l !== own).map((l) => l.key),
      train: best.list,
      validation: own?.list ?? [],
    };
  }
  const columns = columnsOf(value);
  return columns && { key: Object.keys(value).slice(0, 6).join(', '), others: [], train: columns, validation: [] };
}

/** Lists of records in an object, at most three keys deep. */
function listsIn(value: Fields, before: string, depth: number): { key: string; list: unknown[] }[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = before === '' ? key : `${before}.${key}`;
    if (Array.isArray(inner))
      return inner.length > 0 && inner.every((v) => isObject(v) || Array.isArray(v))
        ? [{ key: path, list: inner }]
        : [];
    return isObject(inner) && depth < 2 ? listsIn(inner, path, depth + 1) : [];
  });
}

/**
 * The texts of a record in an object inside of it, where it has none itself: `{"row_idx": 0, "row": {…}}`,
 * `{"translation": {…}}`.
 */
export function innerRecord(record: Fields): Fields {
  const objects = Object.values(record).filter(isObject);
  if (objects.length !== 1 || isTurn(objects[0])) return record;
  const [inner] = objects;
  const entries = Object.entries(record);
  const texts = Object.values(inner).filter((value) => typeof value === 'string');
  const own = entries.some(
    ([key, value]) =>
      value !== inner && ((typeof value === 'string' && !meaningsOf(key).includes('id')) || holdsRecords(value)),
  );
  return texts.length === 0 || own || Object.values(inner).some(isObject)
    ? record
    : { ...Object.fromEntries(entries.filter(([, value]) => value !== inner)), ...inner };
}

const holdsRecords = (value: unknown): boolean =>
  Array.isArray(value) && value.some((v) => isObject(v) || typeof v === 'string');

/** pandas' `orient="split"`: names, and rows without them. */
function splitColumns({ columns, data }: Fields): unknown[] | null {
  if (
    !Array.isArray(columns) ||
    !Array.isArray(data) ||
    !data.every((row) => Array.isArray(row) && row.length === columns.length)
  )
    return null;
  const names = columns.map(String);
  return (data as unknown[][]).map((row) => Object.fromEntries(names.map((name, c) => [name, row[c]])));
}

/** SQuAD's articles: every question with the paragraph it is about. Null where the record is no article. */
export function questionsOf(record: Fields): Fields[] | null {
  if (!Array.isArray(record.paragraphs)) return null;
  const { paragraphs, ...article } = record as Fields & { paragraphs: unknown[] };
  if (paragraphs.length === 0 || !paragraphs.every((p) => isObject(p) && Array.isArray(p.qas))) return null;
  return (paragraphs as Fields[]).flatMap(({ qas, ...paragraph }) =>
    (qas as unknown[]).filter(isObject).map((question) => {
      const answers = Array.isArray(question.answers)
        ? question.answers.map((a: unknown) => (isObject(a) ? a.text : a))
        : question.answers;
      return { ...article, ...paragraph, ...question, answers };
    }),
  );
}

/** Rows of an object of columns, each a list of the same length or an object of the same keys (pandas writes both). */
function columnsOf(value: Fields): unknown[] | null {
  const columns = Object.entries(value);
  if (columns.length === 0) return null;
  const keys = columns.map(([, column]) => (typeof column === 'object' && column !== null ? Object.keys(column) : []));
  const first = keys[0];
  if (first.length < 2 || keys.some((own) => own.length !== first.length || own.some((k, i) => k !== first[i])))
    return null;
  const cell = (column: unknown, key: string) => (column as Fields)[key];
  const flat = columns.every(([, column]) =>
    first.every(
      (key) => typeof cell(column, key) !== 'object' || cell(column, key) === null || Array.isArray(cell(column, key)),
    ),
  );
  if (!flat) return null;
  const scalar = columns.some(([, column]) => first.some((key) => typeof cell(column, key) === 'string'));
  // Records by number or name: their keys are the columns, and not the numbers of rows.
  const records =
    columns.every(([, column]) => isObject(column)) &&
    first.some((key) => meaningsOf(key).length > 0) &&
    columns.every(([name]) => meaningsOf(name).length === 0);
  if (scalar && records) return columns.map(([, column]) => column);
  return scalar
    ? first.map((key) => Object.fromEntries(columns.map(([name, column]) => [name, cell(column, key)])))
    : null;
}
