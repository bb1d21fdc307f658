/**
 * The only text processing shaders get: `enable`, `const` and `alias` lines and whole named snippets in front of
 * the file. Sizes that WGSL accepts as `override` are passed that way instead (see `Kernel.constants`).
 */
export interface Parts {
  /** Language extensions the module needs (`enable x;`), which WGSL wants before everything else. */
  enables?: string[];
  /** Unsigned integer or boolean constants. */
  consts?: Record<string, number | boolean>;
  /** Type aliases. */
  aliases?: Record<string, string>;
  /** Whole WGSL snippets, in order. */
  snippets?: string[];
}

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

/**
 * What was composed before, by its parts in order. The operations of all layers want the same few texts, of some 16 KB
 * each: of every one a text of its own, a model of 18 layers held 105 MiB of them.
 */
class Composed {
  readonly #next = new Map<string, Composed>();
  #text: string | null = null;

  of(parts: readonly string[], at = 0): string {
    if (at === parts.length) return (this.#text ??= parts.join('\n'));
    let next = this.#next.get(parts[at]);
    if (!next) this.#next.set(parts[at], (next = new Composed()));
    return next.of(parts, at + 1);
  }
}

const composed = new Composed();

/**
 * `text` with `parts` in front; the same string each time. Throws on a name that is no identifier or a number that is
 * no u32.
 */
export function compose(text: string, parts: Parts): string {
  const lines: string[] = [];
  for (const name of parts.enables ?? []) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no WGSL extension`);
    lines.push(`enable ${name};`);
  }
  for (const [name, value] of Object.entries(parts.consts ?? {})) {
    if (!NAME.test(name)) throw new Error(`"${name}" is no WGSL identifier`);
    if (typeof value === 'boolean') lines.push(`const ${name}: bool = ${value};`);
    else if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff)
      lines.push(`const ${name}: u32 = ${value}u;`);
    else throw new Error(`${name} = ${value} is no u32`);
  }
  for (const [name, type] of Object.entries(parts.aliases ?? {})) {
    if (!NAME.test(name) || !/^[a-z0-9<>,]+$/.test(type)) throw new Error(`bad alias ${name} = ${type}`);
    lines.push(`alias ${name} = ${type};`);
  }
  return composed.of([...lines, ...(parts.snippets ?? []), text]);
}
