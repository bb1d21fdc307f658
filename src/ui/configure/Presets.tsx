/** Three ways to begin, fitted to the model, the data and the device. */
import { useMemo } from 'react';
import { surroundings } from '../../store/configure/commands';
import { PRESETS, type Preset, applyPreset, isPreset, presetFor } from '../../store/configure/presets';
import { count, durationRange } from '../format';
import { useSel, useStudio } from '../studioContext';
import { useExpected } from './useExpected';

const TITLES: Record<Preset, { title: string; text: string }> = {
  quick: { title: 'Quick look', text: 'Does it learn at all?' },
  balanced: { title: 'Balanced', text: 'A fair first run.' },
  thorough: { title: 'Thorough', text: 'As good as it gets here.' },
};

export function Presets() {
  const { configure } = useStudio();
  const model = useSel((s) => s.model);
  const dataset = useSel((s) => s.dataset);
  const draft = useSel((s) => s.runs.draft);
  const taken = useSel((s) => s.runs.preset);
  const around = useMemo(() => surroundings({ model, dataset }), [model, dataset]);
  const expected = useExpected();
  const options = PRESETS.map((preset) => {
    const on = taken?.preset === preset && isPreset(draft, taken.result);
    const result = on ? taken.result : around && presetFor(preset, around);
    return { preset, result, time: result && expected(applyPreset(draft, result)), on };
  });
  const chosen = options.find((o) => o.on);
  return (
    <div className="stack tight">
      <fieldset className="choices presets" data-testid="presets">
        <legend>Start from</legend>
        {options.map(({ preset, result, time, on }) => (
          <button key={preset} type="button" className="choice" aria-pressed={on} disabled={!around} data-testid={`preset-${preset}`} onClick={() => configure.takePreset(preset)}>
            <span className="choice-title">{TITLES[preset].title}</span>
            <span className="choice-text">{TITLES[preset].text}</span>
            <span className="choice-text num">{result ? `${count(result.train.steps)} steps, rank ${result.adapter.rank}${time ? `, ${durationRange(time.low, time.high)}` : ''}` : 'once model and data are there'}</span>
          </button>
        ))}
      </fieldset>
      <p className="help">They fit the numbers below to your model, data and device; runs and seed stay.</p>
      {chosen?.result && (
        <details data-testid="preset-why">
          <summary>Why these numbers</summary>
          <ul className="evidence">{chosen.result.why.map((w) => <li key={w}>{w}</li>)}</ul>
        </details>
      )}
    </div>
  );
}
