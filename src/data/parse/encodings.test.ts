import { describe, expect, it } from 'vitest';
import { decodeAs, guessEncoding } from './encodings';

/** Bytes of a text in an encoding, found by asking its decoder about every byte and pair. */
function encoded(text: string, encoding: string): Uint8Array {
  const known = new Map<string, number[]>();
  const add = (bytes: number[]) => {
    const c = decodeAs(encoding, Uint8Array.from(bytes));
    if ([...c].length === 1 && c !== '\ufffd' && !known.has(c)) known.set(c, bytes);
  };
  for (let a = 0; a < 256; a++) add([a]);
  for (let a = 0x81; a < 0xff; a++) for (let b = 0x40; b < 0xff; b++) add([a, b]);
  return Uint8Array.from(
    [...text].flatMap(
      (c) =>
        known.get(c) ??
        (() => {
          throw new Error(`${encoding} has no ${c}`);
        })(),
    ),
  );
}

const TEXTS: [encoding: string, text: string][] = [
  ['windows-1252', 'El niño está aquí, señor.\nÇa été très difficile, où est le garçon ?\nÜber die Brücke größer'],
  ['windows-1252', '“So it’s said” – he’s gone…'],
  ['windows-1252', 'naïve café'],
  ['windows-1251', 'Кошка на крыше спит.\nСегодня хорошая погода, да'],
  ['koi8-r', 'Кошка на крыше спит.\nСегодня хорошая погода, да'],
  ['ibm866', 'Кошка на крыше спит и видит сны'],
  ['windows-1250', 'Zażółć gęślą jaźń, proszę\nPříliš žluťoučký kůň úpěl ďábelské ódy'],
  ['windows-1250', 'Čudovit film, ki ga žal še nisem videl'],
  ['windows-1250', 'Árvíztűrő tükörfúrógép'],
  ['iso-8859-2', 'Ten film był naprawdę świetny i śmieszny'],
  ['windows-1257', 'Filma bija ļoti laba, šķiet brīnišķīga'],
  ['windows-1251', 'Чапля має сіре перо, їжак і ґанок'],
  ['macintosh', 'Le héron a été très gêné par ça, où est-il ?'],
  ['windows-1252', 'Rødgrød med fløde på åen, så'],
  ['windows-1252', 'Tämä elokuva oli erittäin hyvä'],
  ['windows-1252', 'Það er gott að þú ert hér í dag'],
  ['gb18030', '好\n坏\n好'],
  ['windows-1253', 'Η γάτα είναι στη στέγη'],
  ['windows-1254', 'Çok güzel bir şehir, ışık ve ağaç'],
  ['windows-1255', 'החתול על הגג ישן'],
  ['windows-1256', 'القط على السطح نائم'],
  ['windows-874', 'แมวอยู่บนหลังคา'],
  ['gb18030', '水獭很好，火车也很好。\n我不喜欢这个电影'],
  ['big5', '我的貓很好，這個電影也很好。\n他們不喜歡這個故事'],
  ['shift_jis', 'カワウソはとても良い。\n映画が好きです'],
  ['euc-jp', 'カワウソはとても良い。\n映画が好きです'],
  ['euc-kr', '고양이는 지붕 위에서 잔다. 영화가 좋다'],
];

describe('the encoding of lines that are no UTF-8', () => {
  it.each(TEXTS)('%s: %s', (encoding, text) => {
    const bytes = encoded(text, encoding);
    expect(guessEncoding(bytes)).toBe(encoding);
    expect(decodeAs(encoding, bytes)).toBe(text);
  });
});
