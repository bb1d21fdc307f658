/** A text of the catalogue with elements in it. */
import { Fragment, type ReactNode } from 'react';

/** `of` with every `{name}` replaced by the element of that name: languages differ in where it stands. */
export function Phrase({ of, ...parts }: { of: string } & Record<string, ReactNode>) {
  // Odd pieces are names.
  // oxlint-disable-next-line react/no-array-index-key
  return of.split(/\{(\w+)\}/).map((piece, i) => <Fragment key={i}>{i % 2 === 0 ? piece : parts[piece]}</Fragment>);
}
