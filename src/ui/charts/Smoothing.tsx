/** How much a curve of steps is smoothed. */
import { Phrase } from '../Phrase';

export function Smoothing({
  label,
  weight,
  onChange,
  testId,
}: {
  /** With {weight} in it. */
  label: string;
  /** 0 = not at all; just under 1. */
  weight: number;
  onChange: (weight: number) => void;
  testId: string;
}) {
  return (
    <label className="slider smoothing">
      <span>
        <Phrase of={label} weight={<span className="num">{weight.toFixed(2)}</span>} />
      </span>
      <input
        type="range"
        min={0}
        max={0.98}
        step={0.02}
        value={weight}
        onChange={(e) => onChange(Number(e.target.value))}
        data-testid={testId}
      />
    </label>
  );
}
