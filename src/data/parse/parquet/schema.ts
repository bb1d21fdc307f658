/** A file's columns: which leaves they are made of, and which of them are not read. */
import { message } from '../../../shared/message';
import { parquetSchema, type FileMetaData, type SchemaTree } from 'hyparquet';
import { broken } from './bounds';
import { converter } from './cells';

/** Lists in lists in structs; the library walks them by calling itself. */
const MAX_DEPTH = 32;
const MAX_LEAVES = 4096;

/** A part of a column that is stored by itself. */
export interface Leaf {
  path: string[];
  /** From the root down to it. */
  nodes: SchemaTree[];
  convert: (raw: unknown) => unknown;
}

export interface Column {
  name: string;
  node: SchemaTree;
  /** Null where the column is not read. */
  leaves: Leaf[] | null;
  /** The type that keeps it from being read. */
  strange: string;
}

/** @throws {DataError} when the schema is not a tree that can be walked */
export function columnsOf(metadata: FileMetaData): Column[] {
  checkTree(metadata);
  const root = parquetSchema(metadata);
  return root.children.map((node) => {
    const leaves: Leaf[] = [];
    const strange = collect(node, [root, node], leaves);
    return { name: node.element.name ?? '', node, leaves: strange === null ? leaves : null, strange: strange ?? '' };
  });
}

/** Adds the leaves under a node; returns the type of one that is not read. */
function collect(node: SchemaTree, nodes: SchemaTree[], leaves: Leaf[]): string | null {
  const { element, children } = node;
  // It would be the prototype of what is read, not a part of it.
  if (nodes.length > 2 && element.name === '__proto__') return '__proto__';
  if (element.logical_type?.type === 'VARIANT') return 'VARIANT';
  if (children.length > 0) {
    for (const child of children) {
      const strange = collect(child, [...nodes, child], leaves);
      if (strange !== null) return strange;
    }
    return null;
  }
  const convert = converter(element, nodes.length > 2 || element.repetition_type === 'REPEATED');
  if (!convert) return String(element.converted_type ?? element.logical_type?.type ?? element.type ?? 'group');
  leaves.push({ path: node.path, nodes, convert });
  return null;
}

function checkTree({ schema }: FileMetaData): void {
  let at = 0;
  let leaves = 0;
  const walk = (depth: number): void => {
    const element = schema[at++];
    const children = element?.num_children ?? 0;
    if (!element || depth > MAX_DEPTH || children < 0 || children > schema.length)
      throw broken(message('data.file.parquetHas.path'));
    if (children === 0 && ++leaves > MAX_LEAVES)
      throw broken(message('data.file.parquetHas.manyParts', { most: MAX_LEAVES }));
    for (let c = 0; c < children; c++) walk(depth + 1);
  };
  if (schema.length === 0) throw broken(message('data.file.parquetHas.noColumns'));
  walk(0);
  if (at !== schema.length) throw broken(message('data.file.parquetHas.path'));
}
