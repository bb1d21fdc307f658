/** A row's cells → the texts of its example, turn by turn, each learnt from or only read. */
import type { PrepareOptions } from '../shared/data';
import { compilePattern, compileTemplate } from '../shared/template';
import { parseChat } from './chat';

export interface Segment {
  text: string;
  /** Whether its tokens are targets when only the completion is learnt. */
  trained: boolean;
}

export interface Texts {
  segments: Segment[];
  /** What comes before the first text that is learnt. */
  prompt: string;
  /** All that is learnt. */
  completion: string;
  /** The label where the data has labels. */
  label: string | null;
}

/**
 * Checks mapping and template once.
 * @returns the texts of a row; the completion is blank where there is nothing to learn from.
 * @throws {DataError} when mapping or template do not fit the columns.
 */
export function compileTexts(columns: readonly string[], { mapping, template }: Pick<PrepareOptions, 'mapping' | 'template'>): (cells: readonly string[]) => Texts {
  const fill = compileTemplate(columns, mapping, template);
  if (mapping.kind === 'chat') {
    const column = columns.indexOf(mapping.roles.message!);
    const [asked, answered] = [template.prompt, template.completion].map((pattern) => compilePattern(pattern, 'chat'));
    return (cells) => {
      const turns = parseChat(cells[column] ?? '')?.turns ?? [];
      const segments = turns.map(({ role, text }): Segment => ({
        text: role === 'system' ? `${text}\n` : (role === 'user' ? asked : answered)(new Map([['message', text]])),
        trained: role === 'assistant' && text.trim() !== '',
      }));
      return ofSegments(segments, null);
    };
  }
  const label = mapping.kind === 'text-label' ? columns.indexOf(mapping.roles.label!) : -1;
  return (cells) => {
    const { prompt, completion } = fill(cells);
    const segments: Segment[] = prompt === '' ? [] : [{ text: prompt, trained: false }];
    return { segments: [...segments, { text: completion, trained: true }], prompt, completion, label: label < 0 ? null : cells[label].trim() };
  };
}

function ofSegments(segments: Segment[], label: string | null): Texts {
  const first = segments.findIndex((s) => s.trained);
  // Turns after the last one that is learnt teach nothing.
  const last = segments.findLastIndex((s) => s.trained);
  const used = segments.slice(0, last + 1);
  return {
    segments: used,
    prompt: used.slice(0, Math.max(0, first)).map((s) => s.text).join(''),
    completion: used.filter((s) => s.trained).map((s) => s.text).join(''),
    label,
  };
}
