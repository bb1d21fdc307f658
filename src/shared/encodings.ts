/** Encodings of text, by the names of the Encoding Standard. */

/** All that TextDecoder knows, by the name the Encoding Standard gives it. */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'iso-2022-jp',
  'euc-kr',
  'windows-1251',
  'koi8-r',
  'koi8-u',
  'ibm866',
  'iso-8859-5',
  'x-mac-cyrillic',
  'windows-1250',
  'iso-8859-2',
  'windows-1253',
  'iso-8859-7',
  'windows-1254',
  'windows-1255',
  'iso-8859-8',
  'windows-1256',
  'iso-8859-6',
  'windows-1257',
  'iso-8859-4',
  'iso-8859-13',
  'windows-1258',
  'windows-874',
  'iso-8859-3',
  'iso-8859-10',
  'iso-8859-14',
  'iso-8859-15',
  'iso-8859-16',
  'macintosh',
] as const;

/** How encodings are written where people read them. */
export function encodingName(label: string): string {
  const own: Record<string, string> = { shift_jis: 'Shift_JIS', big5: 'Big5', macintosh: 'Macintosh' };
  return (
    own[label] ?? (/^(utf|gb|euc|iso|koi|ibm)/.test(label) ? label.toUpperCase() : label.replace(/^windows/, 'Windows'))
  );
}
