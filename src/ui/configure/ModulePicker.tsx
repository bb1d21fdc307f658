/** Which layers are adapted: kinds in every block, or module by module. */
import { MODULE_KINDS, MODULE_PATHS, type ModuleKind, type RunConfig } from '../../shared/config';
import { texts } from '../../shared/texts';
import { wordsOf } from '../../shared/texts/settingWords';
import { Check, Scroll } from '../bits';
import { useSel } from '../studioContext';
import { CheckField } from './fields';

/** As PEFT's `target_modules` has it: `q_proj`. */
const peftName = (kind: ModuleKind) => MODULE_PATHS[kind].split('.')[1];

type Picked = Pick<RunConfig, 'modules' | 'only'>;

/** @param byLayer whether single modules may be picked */
export function ModulePicker({
  picked,
  onChange,
  problem,
  byLayer,
}: {
  picked: Picked;
  onChange: (picked: Partial<Picked>) => void;
  problem: string | null;
  byLayer: boolean;
}) {
  const t = texts().configure.adapter;
  const layers = useSel((s) => s.model.info?.config.layers ?? null);
  const { modules, only } = picked;
  const start = () =>
    layers === null ? null : Array.from({ length: layers }, (_, l) => modules.map((k) => `${l}.${k}`)).flat();
  return (
    <div className="stack tight">
      {only === null ? (
        <fieldset className="checks">
          <legend>{wordsOf({ group: 'run', key: 'modules' }).label}</legend>
          {MODULE_KINDS.map((kind) => (
            <Check
              key={kind}
              checked={modules.includes(kind)}
              disabled={modules.length === 1 && modules[0] === kind}
              onChange={(on) =>
                onChange({ modules: MODULE_KINDS.filter((k) => (k === kind ? on : modules.includes(k))) })
              }
            >
              <span title={t.hover(t.kind[kind], peftName(kind))}>{kind}</span>
            </Check>
          ))}
        </fieldset>
      ) : (
        <PickTable only={only} layers={layers} onChange={(names) => onChange({ only: names })} />
      )}
      {problem && <p className="field-problem">{problem}</p>}
      {byLayer && (
        <CheckField
          label={t.pick}
          checked={only !== null}
          initial={false}
          disabled={layers === null && only === null}
          onChange={(on) => onChange({ only: on ? start() : null })}
          help={
            layers === null ? t.unknown : only === null ? t.blocks : t.picked(only.length, layers * MODULE_KINDS.length)
          }
        />
      )}
    </div>
  );
}

function PickTable({
  only,
  layers,
  onChange,
}: {
  only: string[];
  layers: number | null;
  onChange: (only: string[]) => void;
}) {
  const t = texts().configure.adapter;
  // Names beyond the open model stay in sight, so that they can be taken away.
  const rows = Math.max(layers ?? 0, ...only.map((name) => Number(name.split('.')[0]) + 1));
  const all = Array.from({ length: rows }, (_, l) =>
    MODULE_KINDS.map((kind) => ({ name: `${l}.${kind}`, layer: l, kind })),
  );
  const chosen = new Set(only);
  /** In the model's order; the last one stays. */
  const put = (names: readonly string[], on: boolean) => {
    const next = all
      .flat()
      .filter((m) => (names.includes(m.name) ? on : chosen.has(m.name)))
      .map((m) => m.name);
    if (next.length > 0) onChange(next);
  };
  const whole = (names: string[], label: string) => {
    const on = names.every((n) => chosen.has(n));
    return (
      <button type="button" className="quiet small" aria-pressed={on} onClick={() => put(names, !on)}>
        {label}
      </button>
    );
  };
  return (
    <Scroll label={t.frame}>
      <table className="grid pick-table" data-testid="module-picker">
        <caption className="sr-only">{t.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.block}</th>
            {MODULE_KINDS.map((kind, k) => (
              <th key={kind} scope="col" title={t.kind[kind]}>
                {whole(
                  all.map((row) => row[k].name),
                  kind,
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {all.map((row, l) => (
            // Blocks have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={l}>
              <th scope="row">
                {whole(
                  row.map((m) => m.name),
                  String(l),
                )}
              </th>
              {row.map((m) => (
                <td key={m.kind}>
                  <input
                    type="checkbox"
                    aria-label={t.one(m.layer, m.kind)}
                    checked={chosen.has(m.name)}
                    disabled={chosen.size === 1 && chosen.has(m.name)}
                    onChange={(e) => put([m.name], e.target.checked)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
