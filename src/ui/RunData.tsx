/** Which data set the run on the page belongs to, and the file that is asked for where it is not here. */
import { texts } from '../shared/texts';
import { names } from '../shared/texts/names';
import type { DatasetSlice, SessionView, WantedData } from '../store/slices';
import { ownFile } from './dropped';
import { FileButton } from './FileButton';
import { bytes } from './format';
import { useSel, useStudio } from './studioContext';

/**
 * What the data under Data are called, where they are others than the session's; null where they are the same, or none
 * are open.
 */
export function otherData(session: SessionView, dataset: DatasetSlice): string | null {
  const { origin, samples, wanted } = dataset;
  if (!origin || wanted) return null;
  const name = names.data(origin, samples);
  if (session.dataOrigin) return JSON.stringify(session.dataOrigin) === JSON.stringify(origin) ? null : name;
  return name === session.dataName ? null : name;
}

/** Stands with a run for as long as there is one. */
export function RunData() {
  const session = useSel((s) => s.runs.session);
  const other = useSel((s) => s.runs.session && otherData(s.runs.session, s.dataset));
  const t = texts().train.data;
  if (!session?.dataName) return null;
  return (
    <p className="help" data-testid="run-data">
      {t.ofRun(session.dataName)} {other !== null && <strong>{t.other(other)}</strong>}
    </p>
  );
}

/** Asks for the files of a run's data set, where this browser does not have them. */
export function WantedFiles() {
  const wanted = useSel((s) => s.dataset.wanted);
  return wanted?.state === 'missing' && <Missing wanted={wanted} />;
}

function Missing({
  wanted: {
    recipe: { files },
  },
}: {
  wanted: WantedData;
}) {
  const studio = useStudio();
  const t = texts().train.data;
  return (
    <div className="panel stack tight" data-testid="wanted-data">
      <ul className="plain-list mono wanted-files">
        {files.map((f) => (
          <li key={`${f.path} ${f.hash}`}>{`${f.path} · ${bytes(f.bytes)} · SHA-256 ${f.hash}`}</li>
        ))}
      </ul>
      <div>
        <FileButton
          label={t.choose(files.length)}
          fileLabel={t.chosen}
          multiple
          testId="wanted-file"
          onFiles={(chosen) => {
            void studio.keptData().then((kept) => kept.giveOnly(chosen.map(ownFile)));
          }}
        />
      </div>
    </div>
  );
}
