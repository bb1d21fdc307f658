/** Pictures that were read, as the sets that are trained on and as what a person sees of them. */
import type { LabelledPicture } from '../../shared/data';
import type { PictureFormat, SequenceLabels, ShownPicture, TokenSet } from '../../shared/types';
import { pictureBytes, pictureTokens } from '../../shared/pictures';
import { LISTED, SHOWN, shownPicture } from './shown';

/** The pictures that are used, one an example. */
export class PreparedPictures {
  readonly format: PictureFormat;
  readonly #patches: Uint8Array<ArrayBuffer>[] = [];
  readonly #labels: string[] = [];
  readonly #names: string[] = [];
  readonly #exampleOf = new Map<number, number>();

  constructor(format: PictureFormat) {
    this.format = format;
  }

  add(row: number, patches: Uint8Array<ArrayBuffer>, { name, label }: { name: string; label: string }): void {
    this.#exampleOf.set(row, this.#patches.length);
    this.#patches.push(patches);
    this.#labels.push(label);
    this.#names.push(name);
  }

  get labels(): readonly string[] {
    return this.#labels;
  }

  ofRow(row: number): Uint8Array<ArrayBuffer> | null {
    const example = this.#exampleOf.get(row);
    return example === undefined ? null : this.#patches[example];
  }

  /** Small, for a list. */
  listed(example: number): ShownPicture {
    return shownPicture(this.#patches[example], this.format, LISTED);
  }

  labelled(example: number): LabelledPicture {
    const shown = shownPicture(this.#patches[example], this.format, SHOWN);
    return { shown, side: this.format.side, label: this.#labels[example] };
  }

  /** Some examples, in the order given, as a set of their own. */
  set(examples: readonly number[], classes: SequenceLabels['classes']): TokenSet {
    const tokens = pictureTokens(this.format);
    const bytes = pictureBytes(this.format);
    const place = new Map(classes.map((name, i) => [name, i]));
    const n = examples.length * tokens;
    const values = new Uint8Array(examples.length * bytes);
    examples.forEach((example, i) => values.set(this.#patches[example], i * bytes));
    return {
      ids: Int32Array.from({ length: n }, (_, i) => i % tokens),
      offsets: Uint32Array.from({ length: examples.length + 1 }, (_, i) => i * tokens),
      supervised: Uint8Array.from({ length: n }, (_, i) => (i % tokens === 0 ? 1 : 0)),
      labels: { classes, of: Uint32Array.from(examples, (example) => place.get(this.#labels[example])!) },
      pictures: { format: this.format, values, names: examples.map((example) => this.#names[example]) },
    };
  }
}
