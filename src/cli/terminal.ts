/** Where the command line speaks: lines of results, lines about the work, and one line that is written over. */
export interface Terminal {
  /** What was asked for. */
  print(line: string): void;
  /** About the work; nothing that another program reads. */
  note(line: string): void;
  /** Shown in the place of the last such line, where that is possible; '' takes it away. */
  progress(line: string): void;
}

/** The process's own. A pipe gets no progress. */
export function processTerminal({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process): Terminal {
  let shown = '';
  const show = (line: string) => {
    if (!stderr.isTTY || line === shown) return;
    // A line that wraps could not be written over.
    const cut = line.slice(0, (stderr.columns ?? 80) - 1);
    stderr.write(`\r\u001b[2K${cut}`);
    shown = cut;
  };
  const around = (write: () => void) => {
    const line = shown;
    show('');
    write();
    show(line);
  };
  return {
    print: (line) => around(() => stdout.write(`${line}\n`)),
    note: (line) => around(() => stderr.write(`${line}\n`)),
    progress: show,
  };
}
