/** Three ways to begin, fitted to the model, the data and the device. */
import { useMemo } from 'react';
import { texts } from '../../shared/texts';
import { say } from '../../shared/texts/say';
import { surroundings } from '../../store/configure/commands';
import { PRESETS, applyPreset, isPreset, presetFor } from '../../store/configure/presets';
import { count, durationRange } from '../format';
import { useSel, useStudio } from '../studioContext';
import { useExpected } from './useExpected';

export function Presets() {
  const t = texts().configure.preset;
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
        <legend>{t.legend}</legend>
        {options.map(({ preset, result, time, on }) => (
          <button
            key={preset}
            type="button"
            className="choice"
            aria-pressed={on}
            disabled={!around}
            data-testid={`preset-${preset}`}
            onClick={() => configure.takePreset(preset)}
          >
            <span className="choice-title">{t.title[preset]}</span>
            <span className="choice-text">{t.text[preset]}</span>
            <span className="choice-text num">
              {result
                ? t.numbers(count(result.train.steps), result.adapter.rank, time && durationRange(time.low, time.high))
                : t.waiting}
            </span>
          </button>
        ))}
      </fieldset>
      <p className="help">{t.help}</p>
      {chosen?.result && (
        <details data-testid="preset-why">
          <summary>{t.why}</summary>
          <ul className="evidence">
            {chosen.result.why.map(say).map((w) => (
              <li key={w}>{w}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
