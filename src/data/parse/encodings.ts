/**
 * Which old encoding bytes are written in that are no UTF-8: each candidate reads them, and the one that reads like a
 * language wins.
 */

/**
 * Bytes as text, in two steps: Node reads windows-1252 as ISO-8859-1 unless more may follow. Browsers read the same
 * either way.
 */
export function decodeAs(encoding: string, bytes: Uint8Array): string {
  const decoder = new TextDecoder(encoding);
  return decoder.decode(bytes, { stream: true }) + decoder.decode();
}

/** By encoding: how well a decoded character fits, −1 … 1; told the one before it. */
type Fit = (character: string, before: string) => number;

const letter = /\p{L}/u;

/** Small letters of an alphabet, or a capital where a word begins. */
const alphabet =
  (script: RegExp, likely: RegExp): Fit =>
  (c, before) => {
    if (/[A-Za-z]/.test(before) && script.test(c)) return -1;
    if (likely.test(c)) return 0.85;
    if (!script.test(c)) return /[«»“”„‘’–—…№•·°§€©®]/.test(c) ? 0.4 : -1;
    if (c === c.toLowerCase()) return 0.4;
    return letter.test(before) && before === before.toLowerCase() ? -1 : letter.test(before) ? 0 : 0.6;
  };
/** Letters beyond ASCII of languages that share an encoding: a text is written in one of them. */
const WESTERN = [
  'àâæçéèêëîïôœùûüÿ',
  'äöüß',
  'áéíñóúü',
  'àèéìíòóù',
  'áàâãçéêíóôõú',
  'åäöæøéü',
  'áéíóúýðþæö',
  'éëïóöüèê',
];
const CENTRAL = ['ąćęłńóśźż', 'áčďéěíňóřšťúůýžľĺŕôä', 'áéíóöőúüű', 'ăâîșşțţ', 'čćđšž', 'äöüß'];
const BALTIC = ['āčēģīķļņšūž', 'ąčęėįšųūž', 'äõöüšž'];
/** Small letters of one language, or a capital where a word begins. */
const language =
  (letters: string): Fit =>
  (c, before) => {
    if (!letter.test(c)) return /[«»“”„‚‘’–—…·•°§€£©®™½¿¡´\u00a0]/.test(c) ? 0.4 : -1;
    if (!letters.includes(c) && !letters.includes(c.toLowerCase())) return -0.6;
    return c === c.toLowerCase() ? 0.85 : letter.test(before) && before === before.toLowerCase() ? -1 : 0.6;
  };
/** Thai writes vowels and tones above and below a consonant, and never alone. */
const thai: Fit = (c, before) => {
  if (/[A-Za-z]/.test(before)) return -1;
  if (/[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]/.test(c)) return /[\u0e01-\u0e4e]/.test(before) ? 0.85 : -1;
  return /[\u0e01-\u0e2e\u0e30-\u0e33\u0e40-\u0e46]/.test(c) ? 0.85 : -0.5;
};
/** Hebrew has five letters for the ends of words alone. */
const hebrew: Fit = (c, before) => {
  if (/[A-Za-z]/.test(before) || !/\p{Script=Hebrew}/u.test(c)) return -1;
  return /[ךםןףץ]/.test(before) ? -1.5 : /[\u05d0-\u05ea]/.test(c) ? 0.86 : 0.4;
};
const western: Fit = (c, before) => {
  // Western words have their accents apart.
  if (before > '\x7f' && letter.test(before) && letter.test(c)) return -0.3;
  if (/[àáâãäåæçèéêëìíîïñòóôõöøùúûüßœ‘’“”–—…]/.test(c)) return 0.7;
  if (/[ðþý]/.test(c)) return 0.3;
  if (/[ÀÁÂÄÅÆÇÈÉÊËÍÎÑÓÔÖØÚÜŒ]/.test(c)) return letter.test(before) ? -0.2 : 0.6;
  if (/[€£§°«»©®™•·½¿¡´„‚\u00a0]/.test(c)) return letter.test(before) && !/[’´°\u00a0»]/.test(c) ? -0.4 : 0.4;
  return -1;
};
/** Most signs of a running text are common ones, which GB2312, Big5 and their kin list first. */
const han = (c: string): boolean => /\p{Script=Han}/u.test(c);
const COMMON_HAN = new Set(
  '的一是不了在人有我他这这個个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克干排满增则完格思传望族群底达苏显' +
    '坏差這個來時說國會們為對學從還後發過開經麼進樣間長問關當見話車愛點動業現種種讓覺電影壞興趣買賣書給體實無與東門區總師氣聽',
);
/** Leads of the signs in daily use. */
const chinese =
  (lowest: number, highest: number): ((lead: number) => boolean) =>
  (lead) =>
    lead >= lowest && lead <= highest;

interface Candidate {
  encoding: string;
  /** How well its texts read; of several languages the one that fits best counts. */
  fits: readonly Fit[];
}

const CYRILLIC = [alphabet(/\p{Script=Cyrillic}/u, /[оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфё]/u)];
const UKRAINIAN = [alphabet(/\p{Script=Cyrillic}/u, /[оеаинтсрвлкмдпуяьгзбчйхжшюцщфіїєґ]/u)];
const CANDIDATES: Candidate[] = [
  { encoding: 'windows-1252', fits: [western, ...WESTERN.map(language)] },
  { encoding: 'windows-1251', fits: [...CYRILLIC, ...UKRAINIAN] },
  { encoding: 'koi8-r', fits: CYRILLIC },
  { encoding: 'koi8-u', fits: UKRAINIAN },
  { encoding: 'ibm866', fits: CYRILLIC },
  { encoding: 'iso-8859-5', fits: CYRILLIC },
  { encoding: 'x-mac-cyrillic', fits: CYRILLIC },
  { encoding: 'macintosh', fits: [western, ...WESTERN.map(language)] },
  { encoding: 'windows-1250', fits: CENTRAL.map(language) },
  { encoding: 'iso-8859-2', fits: CENTRAL.map(language) },
  { encoding: 'windows-1253', fits: [alphabet(/\p{Script=Greek}/u, /[αειονστςηρκυπλμάέήίόύώ]/u)] },
  { encoding: 'windows-1254', fits: [language('çğıöşüâîûİ')] },
  { encoding: 'windows-1255', fits: [hebrew] },
  { encoding: 'windows-1256', fits: [alphabet(/\p{Script=Arabic}/u, /\p{Script=Arabic}/u)] },
  { encoding: 'windows-1257', fits: BALTIC.map(language) },
  { encoding: 'windows-874', fits: [thai] },
];
const WIDE_PUNCTUATION = /[\u3000-\u303f\uff01-\uff5e“”‘’—…·]/u;

/** Characters beyond ASCII that are looked at. */
const LOOKED_AT = 4000;

/**
 * The encoding that fits bytes best that are no UTF-8. Windows-1252 where none fits better.
 * @param lines whole lines, each of them not valid UTF-8
 */
export function guessEncoding(lines: Uint8Array): string {
  let best = { encoding: 'windows-1252', score: -Infinity };
  const consider = (encoding: string, score: number) => {
    if (score > best.score + 1e-6) best = { encoding, score };
  };
  for (const { encoding, fits } of CANDIDATES) {
    const text = decodeAs(encoding, lines);
    consider(encoding, Math.max(...fits.map((fit) => meanFit(text, fit))));
  }
  for (const [encoding, score] of wideScores(lines)) consider(encoding, score);
  return best.encoding;
}

function meanFit(text: string, fit: Fit): number {
  let sum = 0;
  let n = 0;
  let before = '';
  for (const c of text) {
    if (c > '\x7f') {
      sum += c === '\ufffd' || /\p{Cc}/u.test(c) ? -2 : fit(c, before);
      if (++n >= LOOKED_AT) break;
    }
    before = c;
  }
  return n === 0 ? 0 : sum / n;
}

/**
 * Encodings of two bytes and more: a line that is cut in a character decides nothing, so bytes that fit none are only
 * few.
 */
function wideScores(lines: Uint8Array): [string, number][] {
  const decoded = (encoding: string): string[] | null => {
    const signs = [...decodeAs(encoding, lines)].filter((c) => c > '\x7f').slice(0, LOOKED_AT);
    return signs.length > 0 && signs.filter((c) => c === '\ufffd').length <= signs.length * 0.01 ? signs : null;
  };
  const share = (signs: string[], is: (c: string) => boolean) => signs.filter(is).length / signs.length;
  const scores: [string, number][] = [];
  const kana = (c: string) => /[\u3041-\u30fc]/u.test(c);
  for (const encoding of ['shift_jis', 'euc-jp']) {
    const signs = decoded(encoding);
    if (!signs) continue;
    const [k, h, half] = [share(signs, kana), share(signs, han), share(signs, (c) => /[\uff61-\uff9f]/u.test(c))];
    if (k > 0.12) scores.push([encoding, k + h + share(signs, (c) => WIDE_PUNCTUATION.test(c)) - 2 * half]);
  }
  for (const [encoding, daily] of [
    ['gb18030', chinese(0xb0, 0xd7)],
    ['big5', chinese(0xa4, 0xc6)],
  ] as const) {
    const signs = decoded(encoding);
    if (!signs) continue;
    const hans = share(signs, han) + share(signs, (c) => WIDE_PUNCTUATION.test(c));
    const leads = pairLeads(lines);
    const common = leads.filter(daily).length / Math.max(1, leads.length);
    // Signs in daily use have no ASCII in them in GB2312; accents before letters would be such pairs.
    const low = encoding === 'gb18030' ? lowTrails(lines) : 0;
    scores.push([
      encoding,
      0.55 * hans + 0.3 * common + 0.3 * share(signs, (c) => COMMON_HAN.has(c)) - (hans < 0.9 ? 1 : 0) - 0.6 * low,
    ]);
  }
  const korean = decoded('euc-kr');
  if (korean)
    scores.push([
      'euc-kr',
      share(korean, (c) => /\p{Script=Hangul}/u.test(c)) +
        share(korean, (c) => WIDE_PUNCTUATION.test(c)) -
        2 * share(korean, han),
    ]);
  return scores;
}

/** Share of pairs whose second byte is ASCII. */
function lowTrails(bytes: Uint8Array): number {
  let [low, n] = [0, 0];
  for (let i = 0; i + 1 < bytes.length && n < LOOKED_AT; i++) {
    if (bytes[i] < 0x81) continue;
    if (bytes[++i] < 0x80) low++;
    n++;
  }
  return low / Math.max(1, n);
}

/** First bytes of pairs, as encodings of two bytes a sign have them. */
function pairLeads(bytes: Uint8Array): number[] {
  const leads: number[] = [];
  for (let i = 0; i + 1 < bytes.length && leads.length < LOOKED_AT; i++) {
    if (bytes[i] < 0x81) continue;
    if (bytes[i] >= 0xa4) leads.push(bytes[i]);
    i++;
  }
  return leads;
}
