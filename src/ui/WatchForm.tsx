/** Which text is watched: one of the user's own, or a held-out example. */
import { useState } from 'react';
import { TextField } from './bits';
import { useSel, useStudio } from './studioContext';

export function WatchForm() {
  const studio = useStudio();
  const watched = useSel((s) => s.runs.watchText);
  const [text, setText] = useState(watched ?? '');
  return (
    <form className="stack tight" onSubmit={(e) => { e.preventDefault(); if (text.trim()) void studio.watch(text); }}>
      <TextField label="Text to watch" value={text} onChange={setText} rows={2} testId="watch-text" help={watched === null ? 'Now: the first held-out example.' : 'Now: your text.'} />
      <div className="row">
        <button type="submit" disabled={!text.trim() || text === watched} data-testid="watch-use">Watch this text</button>
        <button type="button" disabled={watched === null} onClick={() => void studio.watch(null)}>Back to the held-out example</button>
      </div>
    </form>
  );
}
