/**
 * How tokens are shown in a row. A byte-level vocabulary cuts characters it has no token for, most Chinese ones say,
 * into their bytes: such a character stands in the first of its tokens, and a sign in the others.
 */
import { texts } from '../shared/texts';
import type { WatchEvent } from '../store/watchTrail';
import { tokenText } from './format';

export interface TokenSign {
  /** Among its neighbours. */
  text: string;
  /** Where it stands alone: of a character's bytes the character, and which. */
  name: string;
  /** Of bytes that are no whole character: which, and of what, in words; else null. */
  note: string | null;
  /** Goes on with a character that began in a token before. */
  goesOn: boolean;
}

/** Stands for the bytes of a character that is shown before. */
const REST = '·';
/** A byte as `Tokenizer.pieces` writes it; what is no part of ASCII can be one of a longer character. */
const BYTE = /(\\x[89A-F][0-9A-F])/;

interface Unit {
  /** What the vocabulary has: text, or one byte. */
  own: string;
  byte: number | null;
  /** The character that this byte is a part of, and whether that begins here. */
  character: string | null;
  begins: boolean;
}

/** How the tokens that are watched are called, each alone. */
export function tokenNames({ tokens, picture }: Pick<WatchEvent, 'tokens' | 'picture'>): string[] {
  const t = texts().charts.patches;
  if (!picture) return tokenSigns(tokens).map(({ name }) => name);
  const { side } = picture;
  return tokens.map((_, i) => (i === 0 ? t.classToken : t.patch(Math.floor((i - 1) / side) + 1, ((i - 1) % side) + 1)));
}

/** @param pieces each token's text, as `Tokenizer.pieces` has it, in the order of the text */
export function tokenSigns(pieces: readonly string[]): TokenSign[] {
  const tokens = pieces.map((piece) =>
    piece
      .split(BYTE)
      .filter((own) => own !== '')
      .map(
        (own): Unit => ({
          own,
          byte: BYTE.test(own) ? Number.parseInt(own.slice(2), 16) : null,
          character: null,
          begins: false,
        }),
      ),
  );
  const units = tokens.flat();
  for (let i = 0; i < units.length; i++) {
    const { byte } = units[i];
    const length = byte === null ? 0 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
    const part = units.slice(i, i + length);
    if (length === 0 || part.length < length || part.some((u) => u.byte === null)) continue;
    const character = new TextDecoder().decode(Uint8Array.from(part, (u) => u.byte!));
    if (character.includes('\ufffd')) continue;
    part.forEach((u, k) => {
      [u.character, u.begins] = [character, k === 0];
    });
    i += length - 1;
  }
  return tokens.map((own, i) => {
    if (own.every((u) => u.byte === null))
      return { text: tokenText(pieces[i]), name: tokenText(pieces[i]), note: null, goesOn: false };
    // Bytes of the same character, one after another, are one sign.
    const text = tokenText(
      own
        .map((u, k) =>
          u.character === null ? u.own : u.begins ? u.character : own[k - 1]?.character === u.character ? '' : REST,
        )
        .join(''),
    );
    const { character, begins } = own[0];
    const one = character !== null && own.every((u, k) => u.character === character && (k === 0 || !u.begins));
    return {
      text,
      name: one ? `${character} ${own.map((u) => u.own.slice(2)).join(' ')}` : text,
      note: noteOf(own),
      goesOn: character !== null && !begins,
    };
  });
}

function noteOf(units: readonly Unit[]): string {
  const t = texts().common.token;
  const parts: { bytes: string[]; character: string | null }[] = [];
  for (const { byte, own, character, begins } of units) {
    if (byte === null) continue;
    const last = parts.at(-1);
    if (last && last.character === character && !begins) last.bytes.push(own.slice(2));
    else parts.push({ bytes: [own.slice(2)], character });
  }
  return parts
    .map(({ bytes, character }) =>
      character === null ? t.broken(bytes.join(' ')) : t.partOf(bytes.join(' '), character),
    )
    .join('; ');
}
