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

/** `text` with `parts` in front. Throws on a name that is not an identifier or a number that is not a u32. */
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
  return [...lines, ...(parts.snippets ?? []), text].join('\n');
}
