/**
 * Names of earlier versions. What this version writes has today's names only; what an earlier one wrote is read through
 * `renamed` before it meets a schema. The settings' own earlier names stand with their entries, see
 * `settings/versions.ts`.
 */
type Fields = Record<string, unknown>;
type Read = (value: unknown) => unknown;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/**
 * An object whose keys have their names of today; anything else as it is.
 * @param names what a key was called → what it is called @param values how the values of some keys (of today) are read
 */
export function renamed(
  value: unknown,
  names: Readonly<Record<string, string>>,
  values: Readonly<Record<string, Read>> = {},
): unknown {
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]) => {
      const name = Object.hasOwn(names, key) ? names[key] : key;
      return [name, Object.hasOwn(values, name) ? values[name](own) : own];
    }),
  );
}

/** The same for each entry of a list. */
export const each =
  (read: Read): Read =>
  (value) =>
    Array.isArray(value) ? value.map(read) : value;

/** The same for each value of an object. */
export const eachValue =
  (read: Read): Read =>
  (value) =>
    isFields(value) ? Object.fromEntries(Object.entries(value).map(([key, own]) => [key, read(own)])) : value;
