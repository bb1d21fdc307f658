/** What data/ has to say: errors, notes on rows, reasons, and how far long work is. */
const LESS = 'Take a part of it: a few thousand examples are plenty here.';
const FORMATS = 'Use JSONL, JSON, CSV, TSV, Parquet or plain text, as they are or packed with gzip or zip.';
const TWO = 'Choose a file with at least 2 examples.';
const UNPACK = 'Unpack it, or pack it with gzip or zip.';
const AGAIN = 'Save it as UTF-8.';

/** What speaks for a label column; `looked`: rows, where not all were looked at. */
interface LabelEvidence {
  n: number;
  column: string;
  some: string;
  more: boolean;
  looked: number | null;
}

export const data = {
  cancelled: { message: 'Cancelled.', hint: 'Nothing was changed.' },
  progress: {
    reading: 'Reading',
    readingRows: 'Reading rows',
    checking: 'Checking rows',
    tokens: 'Turning text into tokens',
    pictures: 'Reading pictures',
    searching: 'Searching',
    collecting: 'Collecting rows',
  },

  /** Bytes and packed files. */
  file: {
    empty: { message: 'The file is empty.', hint: TWO },
    blank: { message: 'The file holds nothing but white space.', hint: TWO },
    noRows: { message: 'The file has no rows.', hint: TWO },
    noText: ({ least }: { least: number }) => ({
      message: 'The file holds no text.',
      hint: `Choose a file with at least ${least} examples.`,
    }),
    notText: {
      pdf: { message: 'This is a PDF, not a text file.', hint: FORMATS },
      png: { message: 'This is a PNG image, not a text file.', hint: FORMATS },
      jpeg: { message: 'This is a JPEG image, not a text file.', hint: FORMATS },
      office: { message: 'This is an old Office file, not a text file.', hint: FORMATS },
      sqlite: { message: 'This is an SQLite database, not a text file.', hint: FORMATS },
      bzip2: { message: 'The file is packed with bzip2, which cannot be unpacked here.', hint: UNPACK },
      xz: { message: 'The file is packed with xz, which cannot be unpacked here.', hint: UNPACK },
      zstd: { message: 'The file is packed with Zstandard (zst), which cannot be unpacked here.', hint: UNPACK },
      sevenZip: { message: 'This is a 7z archive, which cannot be unpacked here.', hint: UNPACK },
      rar: { message: 'This is a RAR archive, which cannot be unpacked here.', hint: UNPACK },
    },
    binary: { message: 'This looks like a binary file, not text.', hint: FORMATS },
    utf32: { message: 'The file is encoded as UTF-32.', hint: AGAIN },
    encoding: ({ label }: { label: string }) => ({
      message: `“${label}” is not an encoding that this browser reads.`,
      hint: 'Choose another one.',
    }),
    damagedUtf16: ({ encoding }: { encoding: string }) => ({
      message: `The file says that it is ${encoding}, but it is damaged.`,
      hint: 'Save it again, as UTF-8.',
    }),
    tooLarge: ({ mb, most }: { mb: number; most: number }) => ({
      message: `The file has ${mb} MB; at most ${most} MB are read.`,
      hint: LESS,
    }),
    muchText: ({ mb, what }: { mb: number; what: 'text' | 'data' }) => ({
      message: `The file holds more than ${mb} MB of ${what}.`,
      hint: LESS,
    }),
    manyRows: ({ millions }: { millions: number }) => ({
      message: `The file has more than ${millions} million rows.`,
      hint: LESS,
    }),
    oneObject: {
      message: 'The file is one JSON object, not a list of examples.',
      hint: 'Use a JSON array of objects, or one object per line.',
    },
    openArray: ({ line, records }: { line: number; records: number }) => ({
      message: `The JSON array is never closed: the file seems to be cut off on line ${line}, after ${records} ${records === 1 ? 'record' : 'records'}.`,
      hint: 'Get the whole file, or end it with ] after the last whole record.',
    }),
    spreadsheet: { message: 'This is a spreadsheet or a text document, not a data file.', hint: 'Save it as CSV.' },
    emptyZip: ({ path }: { path: string }) => ({
      message: `${path} holds no data file.`,
      hint: 'It should hold a JSONL, JSON, CSV, TSV, Parquet or plain text file.',
    }),
    noneOfFiles: ({ n }: { n: number }) => ({ message: `None of the ${n} files is a data file.`, hint: FORMATS }),
    nothingToLearn: { message: 'No file is chosen for training.', hint: 'Choose one under Data, “File”.' },
    otherColumns: ({ path, own, others }: { path: string; own: string; others: string }) => ({
      message: `${path} has other columns (${own}) than the file before it (${others}).`,
      hint: 'Files that are read together must have the same columns. Choose “not used” for one of them.',
    }),
    otherFormat: ({ format }: { format: string }) => ({
      message: `This file is not in the format ${format}.`,
      hint: 'Choose another format.',
    }),
    packed: ({ what }: { what: string }) => ({
      message: `The packed file cannot be read: ${what}.`,
      hint: 'Pack it again, or unpack it and choose what was inside.',
    }),
    /** What is wrong with a packed file. */
    pack: {
      noDirectory: 'the zip has no directory',
      encrypted: ({ path }: { path: string }) => `${path} is encrypted`,
      unknown: ({ path, method }: { path: string; method: number }) =>
        `${path} is packed in a way that is not known (${method})`,
      misplaced: ({ path }: { path: string }) => `${path} is not where the directory says`,
      bomb: ({ times }: { times: number }) => `it unpacks to more than ${times} times its size`,
      longer: 'it unpacks to more than it says',
      different: 'its content does not agree with its size and checksum',
      trails: 'bytes follow its content that are not packed: it was cut out of a larger file, or written into twice',
      tar: 'the tar archive is cut off or damaged',
      zipInside: ({ path }: { path: string }) => `${path} is a zip inside of another archive; unpack that first`,
    },
    fromArchive: ({ kind, path, others }: { kind: string; path: string; others: number }) =>
      others > 0
        ? `${kind}; ${path} is read, ${others} more ${others > 1 ? 'files are' : 'file is'} not`
        : `${kind}, ${path}`,
    parquet: ({ what }: { what: string }) => ({
      message: `The Parquet file cannot be read: ${what}.`,
      hint: 'Write it again, in smaller row groups if it is a large one, or save it as JSONL.',
    }),
    /** What is wrong with a Parquet file. */
    parquetHas: {
      outside: 'a part lies outside of the file',
      footer: ({ bytes }: { bytes: number }) => `its footer declares ${bytes} bytes`,
      damaged: 'its bytes are not what they say',
      page: 'a page declares a size that it cannot have',
      bomb: ({ times }: { times: number }) => `it unpacks to more than ${times} times its size`,
      values: ({ bytes }: { bytes: number }) => `it declares far more values than ${bytes} bytes hold`,
      slow: ({ bytes }: { bytes: number }) => `reading it takes far longer than ${bytes} bytes should`,
      encoding: ({ name }: { name: string }) => `a page is encoded in a way that is not known (${name})`,
      noColumns: 'it has no columns',
      noReadable: ({ columns }: { columns: readonly string[] }) =>
        `no column has a type that is read: ${columns.join(', ')}`,
      unreadColumn: ({ column, why }: { column: string; why: string }) => `${column} (${why})`,
      rows: ({ rows }: { rows: number }) => `it declares ${rows} rows`,
      group: ({ bytes }: { bytes: number }) => `a row group declares ${bytes} bytes`,
      sum: 'its parts do not add up to its rows',
      path: 'its columns do not agree with its schema',
      manyParts: ({ most }: { most: number }) => `its columns have more than ${most} parts`,
    },
    /** A column that is not read, by its name and what it holds. */
    leftOut: ({ column, what }: { column: string; what: string }) =>
      `the column “${column}” is ignored: ${what} cannot be read`,
  },

  /** Columns and rows of a table. */
  table: {
    openQuote: ({ line, text }: { line: number; text: string }) => ({
      message: `Line ${line} opens a quote that is never closed: ${text}`,
      hint: 'Close the quote, or write a quote inside a quoted field twice ("").',
    }),
    manyColumns: ({ columns, most }: { columns: number; most: number }) => ({
      message: `The table has ${columns} columns; at most ${most} are read.`,
      hint: 'Keep only the columns with text to train on.',
    }),
    moreColumns: ({ line, most }: { line: number; most: number }) => ({
      message: `Line ${line} brings the columns to more than ${most}.`,
      hint: 'Keep only the columns with text to train on.',
    }),
    above: ({ text }: { text: string }) => `a line above the table, ignored: ${text}`,
    headerAgain: ({ n }: { n: number }) =>
      `the header is repeated ${n === 1 ? 'once' : `${n} times`} in the file: ignored`,
    labelled: {
      fasttext: ({ labels, more }: { labels: string; more: boolean }) =>
        `every line begins with its label (__label__): ${labels}${more ? ', …' : ''}`,
      fine: ({ labels, more }: { labels: string; more: boolean }) =>
        `every line begins with LABEL:fine and a text: ${labels}${more ? ', …' : ''}`,
      word: ({ labels, more }: { labels: string; more: boolean }) =>
        `every line begins with one of few words, which is its label: ${labels}${more ? ', …' : ''}`,
    },
    renamed: ({ name, own }: { name: string; own: string }) =>
      `another column is called “${name}”; it is “${own}” here`,
    /** A note on one of several files. */
    ofFile: ({ file, note }: { file: string; note: string }) => `${file}: ${note}`,
    broken: ({ lost, total, line, why }: { lost: number; total: number; line: number; why: string }) => ({
      message: `${lost} of ${total} rows cannot be read. The first is on line ${line}: ${why}.`,
      hint: 'Correct that line, or check that this is the kind of file you meant.',
    }),
    fewRows: ({ rows, header, least }: { rows: number; header: boolean; least: number }) => ({
      message: `The file has ${header ? 'a header line and ' : ''}${rows === 1 ? 'only one row' : 'no rows'}.`,
      hint: `At least ${least} examples are needed: one to train on and one for validation.`,
    }),
  },
  /** Why the first line is, or is not, taken for names. */
  header: {
    brokenQuotes: 'the first line’s quotes cannot be read',
    chosen: 'as you chose',
    oneLine: 'there is only one line',
    number: ({ text }: { text: string }) => `the first line holds the number ${text}`,
    text: 'the first line holds text, not names',
    names: ({ n, names }: { n: number; names: string }) =>
      `the first line holds the ${n === 1 ? 'name' : 'names'} ${names}`,
    emptyField: 'the first line has an empty field',
    again: ({ text }: { text: string }) => `“${text}” of the first line occurs again below it`,
    overFew: ({ text }: { text: string }) => `“${text}” is above a few recurring values and is not one of them`,
    overNumbers: ({ text }: { text: string }) => `“${text}” is above numbers`,
    short: 'the first line is far shorter than the others and holds only name-like words',
    alike: 'the first line looks like the others',
  },
  /** What is the matter with a row, or was repaired in it. */
  row: {
    huge: ({ millions, text }: { millions: number; text: string }) =>
      `longer than ${millions} million characters: ${text}`,
    notJson: ({ why }: { why: string }) => `not valid JSON: ${why}`,
    deep: ({ name }: { name: string }) => `“${name}” is nested too deeply`,
    deepValue: 'a value is nested too deeply',
    list: 'a list instead of an object with named values',
    value: ({ value }: { value: string }) => `${value} instead of an object with named values`,
    fields: ({ n, wanted, text }: { n: number; wanted: number; text: string }) =>
      `${n} ${n === 1 ? 'field' : 'fields'} instead of ${wanted}: ${text}`,
    program:
      'this is a JavaScript module, not data: it is trained on as plain text. For its rows, save what it exports as JSON',
    lostLetters: 'the file holds replacement characters (U+FFFD): letters were lost before it came here',
    halfCharacter: 'half a character (a lone surrogate) was replaced by U+FFFD',
    moreNotes: ({ n }: { n: number }) => `… and ${n} more notes`,
  },
  /** JSON: why a text is not, and what was read all the same. */
  json: {
    at: ({ why, place, text }: { why: string; place: number; text: string }) =>
      `${why}, at character ${place}: ${text}`,
    more: 'more text after its end',
    end: 'a value is missing at the end',
    deep: 'nested too deeply',
    unexpected: ({ text }: { text: string }) => `“${text}” is not a value`,
    noValue: ({ sign }: { sign: string }) => `a value is missing before “${sign}”`,
    noKey: 'a name in quotes is missing',
    noColon: 'a colon is missing after a name',
    noComma: ({ sign }: { sign: string }) => `a comma is missing before “${sign}”`,
    openObject: 'a { is never closed',
    openList: 'a [ is never closed',
    openString: 'a quote is never closed',
    escape: 'a backslash before a character that cannot be escaped',
    loose: {
      nan: ({ n }: { n: number }) =>
        `${n === 1 ? 'a record holds' : `${n} records hold`} NaN or Infinity, which are not JSON: read as empty`,
      comma: ({ n }: { n: number }) =>
        `${n === 1 ? 'a record has a comma' : `${n} records have a comma`} too many or too few: read without`,
      python: ({ n }: { n: number }) =>
        `${n === 1 ? 'a record is' : `${n} records are`} written as Python writes it ('…', None): read as that`,
      lineBreak: ({ n }: { n: number }) =>
        `${n === 1 ? 'a record has' : `${n} records have`} a line break inside of quotes: kept`,
      comment: ({ n }: { n: number }) => `${n === 1 ? 'a record holds' : `${n} records hold`} comments: ignored`,
      bareKey: ({ n }: { n: number }) =>
        `${n === 1 ? 'a record has' : `${n} records have`} names without quotes: read as if quoted`,
    },
    inside: ({ key, others }: { key: string; others: string }) =>
      `the file is one object: the rows are those under “${key}”${others ? `; not read: ${others}` : ''}`,
    insideLarge: 'the file is one large object: the rows are those of the first list in it',
  },
  /** Why a cell is not a chat. */
  noChat: {
    none: 'no list of turns',
    empty: 'an empty list of turns',
    json: ({ why }: { why: string }) => `a list of turns that cannot be read: ${why}`,
    role: ({ names }: { names: string }) => `unknown speaker: ${names}`,
    keys: ({ names }: { names: string }) => `a list whose entries are not turns; they have ${names}`,
    content: ({ key }: { key: string }) => `“${key}” of a turn is not text`,
  },
  /** What of a chat is ignored. */
  parts: {
    toolCalls: 'tool calls ignored',
    toolResults: 'results of tools read as the user’s words',
    reasoning: 'reasoning ignored',
    names: 'names of speakers ignored',
    tools: 'lists of tools ignored',
    images: 'images ignored',
    audio: 'sound ignored',
    files: 'files ignored',
  },
  /** Why a chat has no loss tokens. */
  nothing: {
    calls: 'its answers are tool calls without text, which this template does not write',
    weights: 'none of its answers is trained on (weight 0, or train: false)',
  },
  /** What speaks for a guess of what the columns mean. */
  evidence: {
    pictures: ({ n, some, more }: { n: number; some: string; more: boolean }) =>
      `pictures in ${n} folders, whose names are the classes: ${some}${more ? ', …' : ''}`,
    preferred: ({ chosen, rejected }: { chosen: string; rejected: string }) =>
      `two compared answers: “${chosen}” is trained on, “${rejected}” never is`,
    ranked: ({ column }: { column: string }) =>
      `“${column}” holds two answers per row, the preferred one first: that one is trained on, the other never is`,
    twoParts: ({ asked, answer }: { asked: string; answer: string }) =>
      `“${asked}” is the prompt, “${answer}” is trained on`,
    twoTexts: ({ a, b }: { a: string; b: string }) => `two texts, “${a}” and “${b}”, and a judgement of them`,
    measured: ({ column, n }: { column: string; n: number }) =>
      `“${column}” holds ${n} different numbers: trained on as text, not used as labels to split by`,
    unreadChat: ({ column }: { column: string }) =>
      `“${column}” looks like lists of turns, but none of those checked can be read`,
    chat: {
      named: ({ column }: { column: string }) => `“${column}” holds lists of turns`,
      keyed: ({ column }: { column: string }) => `“${column}” holds lists with one key for each speaker`,
      pairs: ({ column }: { column: string }) => `“${column}” holds lists of a question and an answer`,
      texts: ({ column }: { column: string }) => `“${column}” holds lists of texts, read as alternating turns`,
      transcript: ({ column }: { column: string }) => `“${column}” holds transcripts (Human: … Assistant: …)`,
      messages: ({ column }: { column: string }) =>
        `“${column}” holds lists of turns with “role” and “content” (chat messages)`,
      sharegpt: ({ column }: { column: string }) =>
        `“${column}” holds lists of turns with “from” and “value” (ShareGPT)`,
    },
    chats: ({ chats, looked, turns }: { chats: number; looked: number; turns: string }) =>
      `${chats} of ${looked} checked cells can be read as chats, ${turns} turns on average`,
    named: ({ names }: { names: readonly string[] }) =>
      `columns named ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`,
    filled: ({ column, filled, rows }: { column: string; filled: number; rows: number }) =>
      `${column} is filled in ${filled} of ${rows} rows`,
    labels: ({ n, column, some, more, looked }: LabelEvidence) =>
      `${n} distinct values in “${column}”${looked === null ? '' : ` (in ${looked} rows that were looked at)`}: ${some}${more ? ', …' : ''}`,
    length: ({ column, characters }: { column: string; characters: number }) =>
      `“${column}” holds texts of ${characters} characters on average`,
    plain: ({ texts }: { texts: number }) => `a plain text file with ${texts} ${texts === 1 ? 'text' : 'texts'}`,
    oneNamed: ({ column }: { column: string }) => `a column named ${column}`,
    twoColumns: 'two columns of free text; the first is taken as the prompt',
    oneColumn: 'there is only one column',
    longest: ({ column }: { column: string }) => `no column has a known name; “${column}” has the longest texts`,
  },

  /** Making examples, splitting, batching. */
  examples: {
    fewTokens: { message: 'An example needs room for at least 8 tokens.', hint: 'Raise the max sequence length.' },
    manyTokens: ({ most }: { most: number }) => ({
      message: `An example has at most ${most} tokens.`,
      hint: 'Lower the max sequence length.',
    }),
    share: { message: 'The validation split must be between 0 and 0.5.', hint: 'Common values are 0.1 and 0.2.' },
    fewExamples: { message: 'At least 2 examples must be allowed.', hint: 'Raise “Max examples”.' },
    tooManyTokens: ({ millions }: { millions: number }) => ({
      message: `The data has more than ${millions} million tokens.`,
      hint: 'Lower “Max examples”: a few thousand are plenty here.',
    }),
    noEnd: 'This tokenizer has no end-of-text token, so the model does not learn to stop.',
    endless: ({ n, stops }: { n: number; stops: string }) =>
      `${n === 1 ? '1 example does' : `${n} examples do`} not end with a token that generation stops at (${stops === '' ? 'this model names none' : stops}): the model will not learn to stop.`,
    validationOnly: ({ labels }: { labels: string }) =>
      `Only in the validation split, never trained on: ${labels}. Raise “Max examples”, or lower the validation split.`,
    learntOnly: ({ labels }: { labels: string }) =>
      `Only in the train split, never evaluated (too few examples): ${labels}.`,
    imbalance: ({ most, share, least, n }: { most: string; share: number; least: string; n: number }) =>
      `Class imbalance: ${share} % of the examples are “${most}”, ${n} ${n === 1 ? 'is' : 'are'} “${least}”. Always saying “${most}” would be right in ${share} %: read macro-F1 beside accuracy, and add examples of rare labels.`,
    manyLabels: ({ n, most }: { n: number; most: number }) =>
      `The label column has ${n} different values among the examples. Above ${most}, or where most stand only once, they count as text: no split by label, no accuracy.`,
    needLabels: {
      message:
        'The open model tells classes apart, or is to be trained to (task type SEQ_CLS), so it needs data with labels.',
      hint: 'Choose the task “text classification” and a column of labels; or set the task type to CAUSAL_LM under Settings, with a model that writes text.',
    },
    noClassHead: {
      message: 'This model can have no class head: transformers makes no classifier of its family.',
      hint: 'Set the task type to CAUSAL_LM under Settings: labels are then text.',
    },
    noClasses: ({ most }: { most: number }) => ({
      message: `The label column has more than ${most} different values, or most of them stand only once: these are no classes.`,
      hint: 'Choose another column of labels.',
    }),
    oneClass: ({ label }: { label: string }) => ({
      message: `Every example has the label “${label}”, so there is nothing to tell apart.`,
      hint: 'Choose another column of labels, or add examples of other classes.',
    }),
    firstLine: ({ label }: { label: string }) =>
      `The label “${label}” is in the first line only. If that line names the columns, say so under “File”.`,
    emptyFile: 'The validation file has no usable rows, so part of the other files becomes the validation split.',
    lostPrompt: ({ n }: { n: number }) =>
      `${n === 1 ? '1 example lost its' : `${n} examples lost their`} whole prompt: the answer alone fills the window. Raise the max sequence length.`,
    lastOnly: ({ n }: { n: number }) =>
      `${n === 1 ? 'Of 1 chat' : `Of ${n} chats`} only the last answer is trained on: the template rewrites earlier ones once more turns follow.`,
    unread: ({ windows }: { windows: number }) =>
      `Only the first ${windows} windows of the text are used. Raise “Max examples” to use all of it.`,
    /** @param why what keeps the examples from being split */
    noSplit: ({ why }: { why: 'none' | 'one' | 'ask' | 'same' }) => ({
      message: {
        none: 'No example is left to train on.',
        one: 'Only one example is left.',
        ask: 'All examples have the same prompt.',
        same: 'All examples are the same.',
      }[why],
      hint:
        why === 'one'
          ? 'At least 2 are needed: one to train on and one for validation. A text file can be read line by line or by paragraphs, see “File”.'
          : 'At least 2 different examples are needed: one to train on and one for validation. Check the data issues, the column mapping and the template.',
    }),
    none: { message: 'There is no example to train on.', hint: 'Load a data set first.' },
    noSuch: ({ example }: { example: number }) => ({ message: `There is no example ${example}.` }),
    masked: {
      message: 'Every token of this batch is masked: it has no loss tokens.',
      hint: 'Check the column mapping and the template in the preview.',
    },
  },
  pictures: {
    folders: {
      message: 'These pictures do not lie in folders by class.',
      hint: 'Drop a folder, or a zip of it, that has a folder of pictures for each class: cats/1.png, dogs/1.png.',
    },
    many: ({ n, most }: { n: number; most: number }) => ({
      message: `These are ${n} pictures; at most ${most} are read.`,
      hint: LESS,
    }),
    large: ({ path, mb, most }: { path: string; mb: number; most: number }) => ({
      message: `${path} has ${mb} MB; of a picture at most ${most} MB are read.`,
      hint: 'Save it smaller: the model sees it at a few hundred pixels.',
    }),
    foreign: ({ path }: { path: string }) => ({
      message: `${path} is not a PNG, JPEG or WebP picture.`,
      hint: 'Save it as one of these, or take it out.',
    }),
    pixels: ({
      path,
      width,
      height,
      most,
      side,
    }: Record<'width' | 'height' | 'most' | 'side', number> & { path: string }) => ({
      message: `${path} has ${width} × ${height} pixels; at most ${most} million are decoded, and ${side} along a side.`,
      hint: 'Save it smaller: the model sees it at a few hundred pixels.',
    }),
    damaged: ({ path, why }: { path: string; why: string }) => ({
      message: `${path} cannot be decoded: ${why}`,
      hint: 'Save it again, or take it out.',
    }),
    textModel: {
      message: 'These files are pictures, and the open model reads texts.',
      hint: 'Open a vision transformer under Model: by its id (google/vit-base-patch16-224, say), or from a folder.',
    },
    pictureModel: {
      message: 'The open model reads pictures, and these data are texts.',
      hint: 'Drop a folder or a zip that has a folder of pictures for each class, or open another model.',
    },
    tooMuch: ({ n, most, size, mb }: Record<'n' | 'most' | 'size' | 'mb', number>) => ({
      message: `These are ${n} pictures; of ${size} × ${size} pixels each, ${most} take ${mb} MB, which is the most.`,
      hint: `Set Max examples to ${most} or less under Split.`,
    }),
    classes: ({ n, most }: { n: number; most: number }) => ({
      message: `These pictures are of ${n} classes; at most ${most} are told apart.`,
      hint: 'Take out some of the folders.',
    }),
    oneClass: {
      message: 'The pictures that can be read are all of one class.',
      hint: 'At least two classes are needed: a folder of pictures for each.',
    },
  },
  /** A model's own chat template. */
  chatTemplate: {
    noTokenizer: {
      message: 'There is no tokenizer yet.',
      hint: 'Open a model first: its tokenizer knows its chat template.',
    },
    prompt: ({ why }: { why: string }) => ({
      message: `The chat template does not accept this prompt: ${why}`,
      hint: 'Change the prompt, or train with the plain template.',
    }),
  },
};
