/** Parquet files made by hand, honest or not, for tests: one column, one row group, unpacked unless said otherwise. */

type Field = [id: number, type: number, value: unknown];
export const [I32, STRUCT] = [5, 12];
const [I64, BINARY, LIST] = [6, 8, 9];

function varint(value: bigint): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return [...out, Number(rest)];
}

const zigzag = (n: number) => varint(n < 0 ? BigInt(-n) * 2n - 1n : BigInt(n) * 2n);

function element(type: number, value: unknown): number[] {
  switch (type) {
    case I32:
    case I64:
      return zigzag(value as number);
    case BINARY:
      return [...varint(BigInt((value as string).length)), ...new TextEncoder().encode(value as string)];
    case LIST: {
      const [of, entries] = value as [number, unknown[]];
      return [0xf0 | of, ...varint(BigInt(entries.length)), ...entries.flatMap((entry) => element(of, entry))];
    }
    default:
      return struct(value as Field[]);
  }
}

/** A struct of Thrift's compact protocol; a field whose value is null is left out. */
export function struct(fields: Field[]): number[] {
  let last = 0;
  const bytes = fields
    .filter(([, , value]) => value !== null)
    .flatMap(([id, type, value]) => {
      const head = ((id - last) << 4) | type;
      last = id;
      return [head, ...element(type, value)];
    });
  return [...bytes, 0];
}

/**
 * A data page of version 1: header and body. What the header says of sizes is what is there, unless `says` has it
 * otherwise.
 */
export function dataPage(
  body: readonly number[],
  count: number,
  encoding = 0,
  says: { packed?: number; unpacked?: number } = {},
): number[] {
  const head: Field[] = [
    [1, I32, count],
    [2, I32, encoding],
    [3, I32, 3],
    [4, I32, 3],
  ];
  return [
    ...struct([
      [1, I32, 0],
      [2, I32, says.unpacked ?? body.length],
      [3, I32, says.packed ?? body.length],
      [5, STRUCT, head],
    ]),
    ...body,
  ];
}

export interface MadeColumn {
  rows: number;
  /** Pages, one after another. */
  pages: readonly number[];
  /** Physical type's number in the format, as `converted` and `codec` are. */
  type?: number;
  width?: number;
  converted?: number;
  scale?: number;
  optional?: boolean;
  codec?: number;
  values?: number;
  /** What the footer says that the column unpacks to, in bytes. */
  unpacked?: number;
  /** How often the footer names the row group. */
  groups?: number;
  /** More bytes behind the footer's fields, before its end. */
  extra?: readonly number[];
}

/** A whole file with one column, `x`. */
export function parquetFile({
  rows,
  pages,
  type = 1,
  width,
  converted,
  scale,
  optional = false,
  codec = 0,
  values = rows,
  unpacked = pages.length,
  groups = 1,
  extra = [],
}: MadeColumn): Uint8Array {
  const schema: Field[][] = [
    [
      [4, BINARY, 'root'],
      [5, I32, 1],
    ],
    [
      [1, I32, type],
      [2, I32, width ?? null],
      [3, I32, optional ? 1 : 0],
      [4, BINARY, 'x'],
      [6, I32, converted ?? null],
      [7, I32, scale ?? null],
      [8, I32, scale === undefined ? null : 9],
    ],
  ];
  const meta: Field[] = [
    [1, I32, type],
    [2, LIST, [I32, [0]]],
    [3, LIST, [BINARY, ['x']]],
    [4, I32, codec],
    [5, I64, values],
    [6, I64, unpacked],
    [7, I64, pages.length],
    [9, I64, 4],
  ];
  const group: Field[] = [
    [
      1,
      LIST,
      [
        STRUCT,
        [
          [
            [2, I64, 4],
            [3, STRUCT, meta],
          ],
        ],
      ],
    ],
    [2, I64, pages.length],
    [3, I64, rows],
  ];
  const fields = struct([
    [1, I32, 1],
    [2, LIST, [STRUCT, schema]],
    [3, I64, rows * groups],
    [4, LIST, [STRUCT, Array.from({ length: groups }, () => group)]],
  ]);
  const footer = [...fields.slice(0, -1), ...extra, 0];
  const mark = [...'PAR1'].map((c) => c.charCodeAt(0));
  const length = [0, 8, 16, 24].map((shift) => (footer.length >> shift) & 255);
  return Uint8Array.from([...mark, ...pages, ...footer, ...length, ...mark]);
}

export { varint };
