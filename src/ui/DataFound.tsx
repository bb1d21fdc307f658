/** What the file turned out to be, with the evidence, and how it is read: each of that can be chosen. */
import {
  FILE_USES,
  type FileUse,
  isTextFormat,
  type Quote,
  QUOTES,
  READ_AUTO,
  type ReadChoices,
  TEXT_FORMATS,
  TEXT_UNITS,
  type TextFormat,
  type TextUnit,
} from '../shared/data';
import { encodingName, ENCODINGS } from '../shared/encodings';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { Scroll, SelectField } from './bits';
import { count } from './format';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

/** Separators by the names of their words. */
const SEPARATORS = [
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['bar', '|'],
  ['caret', '^'],
  ['tilde', '~'],
  ['colon', ':'],
  ['colons', '::'],
  ['bars', '||'],
  ['space', ' '],
  ['none', ''],
] as const;
/** Files of an archive that are listed. */
const MOST_FILES = 12;

export function DataFound() {
  const parsed = useSel((s) => s.dataset.parsed);
  if (!parsed) return null;
  const { table, detection, rowCount, sample } = parsed;
  const t = texts().data.found;
  return (
    <div className="panel split data-found">
      <div className="stack tight">
        <h3>{t.title}</h3>
        <p>
          <Phrase
            of={
              table.format === 'pictures'
                ? t.pictures(rowCount, table.packed && say(table.packed))
                : t.table(
                    rowCount,
                    table.columns.length,
                    t.how(
                      table.format.toUpperCase(),
                      isTextFormat(table.format) ? table.encoding : null,
                      table.packed && say(table.packed),
                    ),
                  )
            }
            rows={<strong>{count(rowCount)}</strong>}
          />
        </p>
        <ul className="evidence">
          {detection.evidence.map(say).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {table.files.length > 1 && <Files />}
        {isTextFormat(table.format) && <Reading format={table.format} />}
      </div>
      {table.format !== 'pictures' && <FirstRows columns={table.columns} rows={sample.slice(0, 5)} />}
    </div>
  );
}

function FirstRows({ columns, rows }: { columns: string[]; rows: string[][] }) {
  const t = texts().data.found;
  return (
    <details open>
      <summary>{t.firstRows}</summary>
      <Scroll label={t.firstRowsOf}>
        <table className="grid clip">
          <thead>
            <tr>
              {columns.map((c) => (
                <th key={c} scope="col">
                  {c}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                {row.map((cell, j) => (
                  <td key={j}>{cell.slice(0, 200)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </details>
  );
}

/** How the bytes become rows. What is asked most often is in sight, the rest behind a line that says what was found. */
function Reading({ format }: { format: TextFormat }) {
  const studio = useStudio();
  const choices = useSel((s) => s.dataset.choices);
  const table = useSel((s) => s.dataset.parsed!.table);
  const t = texts().data.found;
  const choose = (patch: Partial<ReadChoices>) => void studio.data.setReading(patch);
  const delimited = format === 'csv' || format === 'tsv';
  const known = SEPARATORS.find(([, own]) => own === table.separator);
  const found = {
    format: t.formats[format],
    separator: known ? t.separators[known[0]] : table.separator,
    quote: t.quotes[table.quote],
    unit: table.unit && t.units[table.unit],
    encoding: encodingName(table.encoding),
  };
  const chosen =
    choices.format !== 'auto' ||
    choices.separator !== 'auto' ||
    choices.quote !== 'auto' ||
    choices.encoding !== 'auto';
  const select = (
    name: 'format' | 'separator' | 'quote' | 'unit' | 'encoding',
    options: { value: string; label: string }[],
    change: (value: string) => void,
  ) => (
    <SelectField<string>
      label={t[name]}
      value={choices[name]}
      onChange={change}
      // Beside 'auto' stands what was found, as long as nothing else was chosen.
      options={[{ value: 'auto', label: t.auto(choices[name] === 'auto' ? found[name] : null) }, ...options]}
    />
  );
  return (
    <>
      {table.header && (
        <SelectField<ReadChoices['header']>
          label={t.header}
          value={choices.header}
          onChange={(header) => choose({ header })}
          help={(table.header.used ? t.takenAsHeader : t.takenAsData)(say(table.header.why))}
          options={(['auto', 'yes', 'no'] as const).map((value) => ({ value, label: t.headerMode[value] }))}
        />
      )}
      {format === 'txt' &&
        select(
          'unit',
          TEXT_UNITS.map((value) => ({ value, label: t.units[value] })),
          (unit) => choose({ unit: unit as TextUnit | 'auto' }),
        )}
      <details data-testid="data-reading" open={chosen}>
        <summary>
          {t.reading([found.format, ...(delimited ? [found.separator, found.quote] : []), found.encoding].join(' · '))}
        </summary>
        <div className="fields">
          {select(
            'format',
            TEXT_FORMATS.map((value) => ({ value, label: t.formats[value] })),
            (format) =>
              choose({
                ...READ_AUTO,
                files: choices.files,
                encoding: choices.encoding,
                format: format as ReadChoices['format'],
              }),
          )}
          {delimited &&
            select(
              'separator',
              SEPARATORS.map(([name, value]) => ({ value, label: t.separators[name] })),
              (separator) => choose({ separator }),
            )}
          {delimited &&
            select(
              'quote',
              QUOTES.map((value) => ({ value, label: t.quotes[value] })),
              (quote) => choose({ quote: quote as Quote | 'auto' }),
            )}
          {select(
            'encoding',
            ENCODINGS.map((value) => ({ value, label: encodingName(value) })),
            (encoding) => choose({ encoding }),
          )}
        </div>
      </details>
    </>
  );
}

/** Several files: which of them is what for. */
function Files() {
  const studio = useStudio();
  const files = useSel((s) => s.dataset.parsed!.table.files);
  const choices = useSel((s) => s.dataset.choices);
  const t = texts().data.found;
  const listed = files.toSorted((a, b) => Number(a.use === 'none') - Number(b.use === 'none')).slice(0, MOST_FILES);
  return (
    <details open data-testid="data-files">
      <summary>{t.files}</summary>
      <div className="fields">
        {listed.map((file) => (
          <SelectField<FileUse>
            key={file.path}
            label={file.path}
            value={file.use}
            onChange={(use) => void studio.data.setReading({ files: { ...choices.files, [file.path]: use } })}
            options={FILE_USES.map((value) => ({ value, label: t.uses[value] }))}
          />
        ))}
      </div>
      {files.length > listed.length && <p className="help">{t.moreFiles(files.length - listed.length)}</p>}
    </details>
  );
}
