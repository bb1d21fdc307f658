/** Reads fields of an untrusted JSON object strictly: every refusal names the field and what is wrong with it. */
import { ModelError } from '../shared/errors';
import { type Message, message } from '../shared/message';

export function refuse(what: Message): never {
  throw new ModelError(message('hub.config', { what }));
}

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

/**
 * Own properties only: a `__proto__` in the file is data, never a prototype. Null counts as absent, but to `orNone`.
 */
export class Fields {
  readonly #record: Record<string, unknown>;
  constructor(value: unknown, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      refuse(message('hub.configHas.noObject', { what }));
    this.#record = value as Record<string, unknown>;
  }

  get(key: string): unknown {
    const value = Object.hasOwn(this.#record, key) ? this.#record[key] : undefined;
    return value === null ? undefined : value;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** What `read` gives of a field in which null says that there is none: a file without the field means `usual`. */
  orNone(key: string, usual: number | null, read: (key: string) => number): number | null {
    if (this.has(key)) return read(key);
    return Object.hasOwn(this.#record, key) && this.#record[key] === null ? null : usual;
  }

  object(key: string): Fields {
    return new Fields(this.get(key), key);
  }

  int(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (value === undefined) refuse(message('hub.configHas.missing', { field: key }));
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      refuse(message('hub.configHas.notWhole', { field: key, value: show(value), low, high }));
    }
    return value;
  }

  number(key: string, low: number, high: number, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    if (value === undefined) refuse(message('hub.configHas.missing', { field: key }));
    if (typeof value !== 'number' || !(value >= low && value <= high))
      refuse(message('hub.configHas.outside', { field: key, value: show(value), low, high }));
    return value;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'boolean') refuse(message('hub.configHas.noFlag', { field: key, value: show(value) }));
    return value;
  }

  /** A list of exactly `length` numbers. */
  numbers(key: string, low: number, high: number, length: number): number[] {
    const value = this.get(key);
    if (value === undefined) refuse(message('hub.configHas.missing', { field: key }));
    if (!Array.isArray(value) || value.length !== length)
      refuse(message('hub.configHas.noList', { field: key, value: show(value), length }));
    for (const item of value) {
      if (typeof item !== 'number' || !(item >= low && item <= high))
        refuse(message('hub.configHas.outside', { field: key, value: show(item), low, high }));
    }
    return value as number[];
  }

  /** @throws {ModelError} when the field is there and not `wanted` */
  only(key: string, wanted: string | number | boolean): void {
    const value = this.get(key) ?? wanted;
    if (value !== wanted)
      refuse(message('hub.configHas.other', { field: key, value: show(value), wanted: String(wanted) }));
  }
}
