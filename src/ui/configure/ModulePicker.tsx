/** Which layers are adapted: kinds in every block, or module by module. */
import { MODULE_KINDS, type ModuleKind, type RunConfig } from '../../shared/config';
import { Check, Scroll } from '../bits';
import { useSel } from '../studioContext';
import { CheckField } from './fields';

export const KIND_NAMES: Record<ModuleKind, string> = {
  q: 'query', k: 'key', v: 'value', o: 'attention output', gate: 'MLP gate', up: 'MLP up', down: 'MLP down',
};

type Picked = Pick<RunConfig, 'modules' | 'only'>;

/** @param byLayer whether single modules may be picked */
export function ModulePicker({ picked, onChange, problem, byLayer }: { picked: Picked; onChange: (picked: Partial<Picked>) => void; problem: string | null; byLayer: boolean }) {
  const layers = useSel((s) => s.model.info?.config.layers ?? null);
  const { modules, only } = picked;
  const start = () => (layers === null ? null : Array.from({ length: layers }, (_, l) => modules.map((k) => `${l}.${k}`)).flat());
  return (
    <div className="stack tight">
      {only === null
        ? (
            <fieldset className="checks">
              <legend>Adapted layers of every block</legend>
              {MODULE_KINDS.map((kind) => (
                <Check key={kind} checked={modules.includes(kind)} disabled={modules.length === 1 && modules[0] === kind} onChange={(on) => onChange({ modules: MODULE_KINDS.filter((k) => (k === kind ? on : modules.includes(k))) })}><span title={KIND_NAMES[kind]}>{kind}</span></Check>
              ))}
            </fieldset>
          )
        : <PickTable only={only} layers={layers} onChange={(names) => onChange({ only: names })} />}
      {problem && <p className="field-problem">{problem}</p>}
      {byLayer && (
        <CheckField
          label="Pick module by module" checked={only !== null} initial={false} disabled={layers === null && only === null} onChange={(on) => onChange({ only: on ? start() : null })}
          help={layers === null ? 'Known once a model is open.' : only === null ? 'Each block has seven layers that can be adapted, q to down.' : `${only.length} of ${layers * MODULE_KINDS.length} modules; rows are the model’s blocks, from the bottom up.`}
        />
      )}
    </div>
  );
}

function PickTable({ only, layers, onChange }: { only: string[]; layers: number | null; onChange: (only: string[]) => void }) {
  // Names beyond the open model stay in sight, so that they can be taken away.
  const rows = Math.max(layers ?? 0, ...only.map((name) => Number(name.split('.')[0]) + 1));
  const all = Array.from({ length: rows }, (_, l) => MODULE_KINDS.map((kind) => ({ name: `${l}.${kind}`, layer: l, kind })));
  const chosen = new Set(only);
  /** In the model's order; the last one stays. */
  const put = (names: readonly string[], on: boolean) => {
    const next = all.flat().filter((m) => (names.includes(m.name) ? on : chosen.has(m.name))).map((m) => m.name);
    if (next.length > 0) onChange(next);
  };
  const whole = (names: string[], label: string) => {
    const on = names.every((n) => chosen.has(n));
    return <button type="button" className="quiet small" aria-pressed={on} onClick={() => put(names, !on)}>{label}</button>;
  };
  return (
    <Scroll label="Modules to adapt">
      <table className="grid pick-table" data-testid="module-picker">
        <caption className="sr-only">Adapted modules by block and layer</caption>
        <thead>
          <tr>
            <th scope="col">Block</th>
            {MODULE_KINDS.map((kind, k) => <th key={kind} scope="col" title={KIND_NAMES[kind]}>{whole(all.map((row) => row[k].name), kind)}</th>)}
          </tr>
        </thead>
        <tbody>
          {all.map((row, l) => (
            // Blocks have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={l}>
              <th scope="row">{whole(row.map((m) => m.name), String(l))}</th>
              {row.map((m) => (
                <td key={m.kind}>
                  <input type="checkbox" aria-label={`block ${m.layer}, ${m.kind}`} checked={chosen.has(m.name)} disabled={chosen.size === 1 && chosen.has(m.name)} onChange={(e) => put([m.name], e.target.checked)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
