/**
 * Values of a column, as Parquet stores them, → what a cell holds: text where exactness asks for it (decimals, dates,
 * large integers), else numbers and truth values. Types:
 * https://parquet.apache.org/docs/file-format/types/logicaltypes/
 */
import { message } from '../../../shared/message';
import type { SchemaElement } from 'hyparquet';
import { wkbToGeojson } from 'hyparquet/src/wkb.js';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import { broken } from './bounds';

/** A text whose bytes are not UTF-8, read as Windows-1252; its row is broken until a person has decided. */
export class BadText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): string {
    return this.text;
  }
}

type Convert = (raw: unknown) => unknown;

/** Digits of the largest decimal that any writer makes (256 bits), and some. */
const MAX_DECIMAL_BYTES = 64;
const MAX_SCALE = 100;

/**
 * How the values of a leaf become cells.
 * @param nested whether they lie inside of lists or structs, and so end up in JSON
 * @returns null for a type, or a storage of a type, that is not read
 */
export function converter(element: SchemaElement, nested: boolean): Convert | null {
  const { type, converted_type: old, logical_type: logical, type_length: width = 0 } = element;
  const kind = logical?.type ?? old;
  const bytes = type === 'BYTE_ARRAY' || type === 'FIXED_LEN_BYTE_ARRAY';
  const integer = type === 'INT32' || type === 'INT64';
  const whole: Convert = nested ? (n) => exact(BigInt(n as number | bigint)) : (n) => n;
  if (!type || (type === 'FIXED_LEN_BYTE_ARRAY' && width <= 0)) return null;
  if (type === 'INT96') return (n) => dateTime(nanosOf(n as bigint), NANOS);
  switch (kind) {
    case 'DECIMAL': {
      const scale = (logical?.type === 'DECIMAL' ? logical.scale : undefined) ?? element.scale ?? 0;
      if (Math.abs(scale) > MAX_SCALE) return null;
      if (integer) return (n) => decimalText(BigInt(n as number | bigint), scale);
      return bytes ? (b) => decimalText(signed(b as Uint8Array), scale) : null;
    }
    case 'DATE':
      return integer ? (n) => dateTime(BigInt(n as number | bigint) * 86400n, 1n) : null;
    case 'TIMESTAMP':
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS':
      return integer ? (n) => dateTime(BigInt(n as number | bigint), perSecond(kind, logical)) : null;
    case 'TIME':
    case 'TIME_MILLIS':
    case 'TIME_MICROS':
      return integer ? (n) => timeOfDay(BigInt(n as number | bigint), perSecond(kind, logical)) : null;
    case 'UINT_8':
    case 'UINT_16':
    case 'UINT_32':
    case 'UINT_64':
    case 'INTEGER': {
      if (!integer) return null;
      if (logical?.type === 'INTEGER' ? logical.isSigned : kind === 'INTEGER') return whole;
      return type === 'INT32' ? (n) => (n as number) >>> 0 : (n) => whole(BigInt.asUintN(64, n as bigint));
    }
    case 'INT_8':
    case 'INT_16':
    case 'INT_32':
    case 'INT_64':
      return integer ? whole : null;
    case 'FLOAT16':
      return type === 'FIXED_LEN_BYTE_ARRAY' && width === 2 ? (b) => parseFloat16(b as Uint8Array) : null;
    case 'UUID':
      return type === 'FIXED_LEN_BYTE_ARRAY' && width === 16 ? (b) => uuid(b as Uint8Array) : null;
    case 'UTF8':
    case 'STRING':
    case 'ENUM':
    case 'JSON':
      return bytes ? (b) => textOf(b as Uint8Array) ?? new BadText(LATIN.decode(b as Uint8Array)) : null;
    case 'GEOMETRY':
    case 'GEOGRAPHY':
      return type === 'BYTE_ARRAY'
        ? (b) =>
            wkbToGeojson({
              view: new DataView((b as Uint8Array).buffer, (b as Uint8Array).byteOffset, (b as Uint8Array).byteLength),
              offset: 0,
            })
        : null;
    case 'BSON':
    case 'INTERVAL':
    case 'VARIANT':
      return null;
  }
  if (type === 'INT32' || type === 'INT64') return whole;
  if (type === 'FIXED_LEN_BYTE_ARRAY') return (b) => sizeOf(b as Uint8Array);
  // Many writers do not say that bytes are text.
  if (type === 'BYTE_ARRAY') return (b) => textOf(b as Uint8Array) ?? sizeOf(b as Uint8Array);
  return (value) => value;
}

/** Stands for bytes that are no text; the same in every language, for it is learnt. */
const sizeOf = (bytes: Uint8Array) => `(${bytes.length} bytes)`;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LATIN = new TextDecoder('windows-1252');

/** The text, or null where the bytes are not UTF-8. A mark at its beginning is a character like any other here. */
function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null; // what TextDecoder throws for invalid bytes
    throw error;
  }
}

/** For JSON: a number where it can hold the value, else its digits. */
const exact = (n: bigint) => (BigInt.asIntN(54, n) === n ? Number(n) : n.toString());

/** Two's complement, the highest byte first. */
function signed(bytes: Uint8Array): bigint {
  if (bytes.length > MAX_DECIMAL_BYTES) throw broken(message('data.file.parquetHas.damaged'));
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return BigInt.asIntN(8 * bytes.length, value);
}

/** unscaled · 10^−scale, digit by digit. */
export function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale <= 0) return sign + (unscaled === 0n ? digits : digits + '0'.repeat(-scale));
  const padded = digits.padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

const NANOS = 1_000_000_000n;

function perSecond(kind: string, logical: SchemaElement['logical_type']): bigint {
  const unit = logical && 'unit' in logical ? logical.unit : kind.endsWith('MICROS') ? 'MICROS' : 'MILLIS';
  return unit === 'NANOS' ? NANOS : unit === 'MICROS' ? 1_000_000n : 1000n;
}

/** INT96 holds nanoseconds of the day, and above them the Julian day. */
const nanosOf = (n: bigint) => ((n >> 64n) - 2_440_588n) * 86_400n * NANOS + BigInt.asIntN(64, n);

/** Rounded down. */
const divided = (a: bigint, b: bigint) => (a < 0n ? (a + 1n) / b - 1n : a / b);

/**
 * A time since 1970 as `Date` writes it, with more digits than three where there are more, and for years that `Date`
 * does not know: the calendar repeats after 400 years, which are 146,097 days.
 */
export function dateTime(count: bigint, unit: bigint): string {
  const seconds = divided(count, unit);
  const days = divided(seconds, 86_400n);
  const cycles = divided(days, 146_097n);
  const date = new Date(Number(days - cycles * 146_097n) * 86_400_000);
  const year = BigInt(date.getUTCFullYear()) + 400n * cycles;
  const positive = year < 0n ? -year : year;
  const written =
    year >= 0n && year <= 9999n
      ? String(year).padStart(4, '0')
      : `${year < 0n ? '-' : '+'}${String(positive).padStart(6, '0')}`;
  return `${written}${date.toISOString().slice(4, 11)}${clock(seconds - days * 86_400n)}.${fraction(count - seconds * unit, unit)}Z`;
}

/** A time of day; what is none stays the number it is. */
function timeOfDay(count: bigint, unit: bigint): string {
  if (count < 0n || count >= 86_400n * unit) return String(count);
  const digits = fraction(count % unit, unit);
  return clock(count / unit) + (/^0*$/.test(digits) ? '' : `.${digits}`);
}

const clock = (second: bigint) =>
  [second / 3600n, (second / 60n) % 60n, second % 60n].map((n) => String(n).padStart(2, '0')).join(':');

function fraction(rest: bigint, unit: bigint): string {
  const digits = unit === 1n ? '000' : String(rest).padStart(String(unit).length - 1, '0');
  return digits.slice(0, 3) + digits.slice(3).replace(/0+$/, '');
}

function uuid(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0'))
    .join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
