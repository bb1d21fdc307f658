/** How wide a text is, before anything has measured it. */

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60]/u;

/** Width in Latin letters: East Asian signs take two. */
export const letters = (text: string): number => [...text].reduce((n, sign) => n + (WIDE.test(sign) ? 2 : 1), 0);
