/** Which text is watched: one of the user's own, or a validation example. */
import { useState } from 'react';
import { texts } from '../shared/texts';
import { TextField } from './bits';
import { useSel, useStudio } from './studioContext';

export function WatchForm() {
  const t = texts().inspect.watch;
  const studio = useStudio();
  const watched = useSel((s) => s.runs.watchText);
  const [text, setText] = useState(watched ?? '');
  return (
    <form
      className="stack tight"
      onSubmit={(e) => {
        e.preventDefault();
        if (text.trim()) void studio.training.watch(text);
      }}
    >
      <TextField
        label={t.text}
        value={text}
        onChange={setText}
        rows={2}
        testId="watch-text"
        help={watched === null ? t.nowExample : t.nowOwn}
      />
      <div className="row">
        <button type="submit" disabled={!text.trim() || text === watched} data-testid="watch-use">
          {t.use}
        </button>
        <button type="button" disabled={watched === null} onClick={() => void studio.training.watch(null)}>
          {t.back}
        </button>
      </div>
    </form>
  );
}
