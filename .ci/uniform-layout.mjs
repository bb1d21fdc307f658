/**
 * Lays out what WGSL binds as a uniform and says what breaks the rules that core WebGPU has for that address space.
 * Chrome 144 lifted them (the language feature `uniform_buffer_standard_layout`); Firefox and Safari refuse the shader.
 * Rules: https://www.w3.org/TR/WGSL/#address-space-layout-constraints, before that feature.
 */
const SCALARS = { f32: 4, u32: 4, i32: 4, f16: 2 };
const SHORT = { f: 'f32', u: 'u32', i: 'i32', h: 'f16' };
const roundUp = (unit, n) => Math.ceil(n / unit) * unit;

/** Splits at commas that stand in no bracket. */
function parts(text) {
  const out = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    if ('<(['.includes(text[i] ?? ' ')) depth++;
    else if ('>)]'.includes(text[i] ?? ' ')) depth--;
    else if (i === text.length || (text[i] === ',' && depth === 0)) {
      out.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return out.filter(Boolean);
}

/** What a file declares that a layout needs. */
function declarations(text) {
  const code = text.replace(/\/\/.*|\/\*[^]*?\*\//g, '');
  const all = (pattern) => [...code.matchAll(pattern)].map((m) => m.slice(1));
  return {
    structs: new Map(all(/\bstruct\s+(\w+)\s*\{([^}]*)\}/g)),
    aliases: new Map(all(/\balias\s+(\w+)\s*=\s*([^;]+);/g)),
    consts: new Map(
      all(/\bconst\s+(\w+)\s*(?::\s*\w+\s*)?=\s*(\d+)u?\s*;/g).map(([name, value]) => [name, Number(value)]),
    ),
    uniforms: all(/\bvar\s*<\s*uniform\s*>\s*(\w+)\s*:\s*([^;]+);/g),
  };
}

/**
 * Layout of a type: alignment and size in bytes, and what is wrong with it as a uniform.
 * @throws {Error} on a type it does not know: what was not looked at must not count as right
 */
function layoutOf(type, names) {
  const [, head, inner] = /^(\w+)\s*(?:<(.*)>)?$/s.exec(type.trim()) ?? [];
  if (head in SCALARS) return { align: SCALARS[head], size: SCALARS[head], kind: 'scalar', faults: [] };
  const vector = /^vec([234])([fuih]?)$/.exec(head ?? '');
  if (vector) {
    const scalar = SCALARS[vector[2] ? SHORT[vector[2]] : inner?.trim()];
    if (scalar)
      return {
        align: scalar * (vector[1] === '3' ? 4 : Number(vector[1])),
        size: scalar * Number(vector[1]),
        kind: 'vector',
        faults: [],
      };
  }
  const matrix = /^mat([234])x([234])([fh]?)$/.exec(head ?? '');
  if (matrix) {
    const column = layoutOf(`vec${matrix[2]}<${matrix[3] ? SHORT[matrix[3]] : inner}>`, names);
    return {
      align: column.align,
      size: Number(matrix[1]) * roundUp(column.align, column.size),
      kind: 'matrix',
      faults: [],
    };
  }
  if (head === 'array') {
    const [element, length] = parts(inner);
    const count = Number(/^\d+/.exec(length ?? '')?.[0] ?? names.consts.get(length));
    if (!(count > 0)) throw new Error(`the length of ${type} is not known`);
    const of = layoutOf(element, names);
    const stride = roundUp(of.align, of.size);
    const faults =
      stride % 16 === 0 ? of.faults : [...of.faults, `${type} has a stride of ${stride}, no multiple of 16`];
    return { align: of.align, size: count * stride, kind: 'array', faults };
  }
  if (names.structs.has(head)) return layoutOfStruct(head, names);
  if (names.aliases.has(head)) return layoutOf(names.aliases.get(head), names);
  throw new Error(`the layout of type ${type} is not known`);
}

function layoutOfStruct(name, names) {
  let at = 0;
  let align = 1;
  /** The member before, where it is a struct. */
  let inner = null;
  const faults = [];
  for (const member of parts(names.structs.get(name))) {
    const [, attributes, field, type] = /^((?:@\w+\s*\([^)]*\)\s*)*)(\w+)\s*:\s*(.+)$/s.exec(member) ?? [];
    const given = (what) => Number(new RegExp(`@${what}\\s*\\(\\s*(\\d+)`).exec(attributes)?.[1] ?? 0);
    if (!field || /@(?!size|align)/.test(attributes))
      throw new Error(`${name} has a member that is not understood: ${member}`);
    const of = layoutOf(type, names);
    const own = given('align') || of.align;
    const offset = roundUp(own, at);
    const needed = of.kind === 'array' || of.kind === 'struct' ? 16 : of.align;
    faults.push(...of.faults.map((f) => `${name}.${field}: ${f}`));
    if (offset % needed !== 0) faults.push(`${name}.${field} lies at ${offset}, no multiple of ${needed}`);
    if (inner && offset - inner.offset < roundUp(16, inner.size)) {
      faults.push(`${name}.${field} begins ${offset - inner.offset} bytes after a struct of ${inner.size}`);
    }
    inner = of.kind === 'struct' ? { offset, size: of.size } : null;
    at = offset + (given('size') || of.size);
    align = Math.max(align, own);
  }
  return { align, size: roundUp(align, at), kind: 'struct', faults };
}

/**
 * Every uniform of a tree of WGSL files. A type that its file does not declare comes from a snippet that is composed in
 * front of it: each file that declares the name is such a snippet, and the uniform must be right with any of them.
 * @param {Map<string, string>} sources path → text
 * @returns {{path: string, name: string, type: string, size: number, faults: string[]}[]} sizes in bytes
 */
export function uniformsOf(sources) {
  const files = [...sources].map(([path, text]) => ({ path, ...declarations(text) }));
  const merged = (key) => new Map(files.flatMap((f) => [...f[key]]));
  const everywhere = { structs: merged('structs'), aliases: merged('aliases'), consts: merged('consts') };
  return files.flatMap((file) =>
    file.uniforms.flatMap(([name, text]) => {
      const type = text.trim();
      const homes = file.structs.has(type) ? [file] : files.filter((f) => f.structs.has(type));
      return (homes.length ? homes : [file]).map((home) => {
        const names = Object.fromEntries(
          ['structs', 'aliases', 'consts'].map((k) => [k, new Map([...everywhere[k], ...home[k]])]),
        );
        try {
          const { size, faults } = layoutOf(type, names);
          return { path: file.path, name, type, size, faults };
        } catch (error) {
          throw new Error(`${file.path}: uniform ${name}: ${error.message}`, { cause: error });
        }
      });
    }),
  );
}
