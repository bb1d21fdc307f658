/** Tables of docs/claims/runs.md. */
const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
export const grid = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  line(head),
  line(head.map(() => '---')),
  ...rows.map(line),
  '',
];
