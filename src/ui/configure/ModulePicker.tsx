/** Which modules are adapted: by name in every block, or one by one. */
import { ALL_LINEAR, type RunConfig } from '../../shared/config';
import { allModules, isTarget, moduleKinds, moduleName, targetModules } from '../../shared/model';
import { kindLabel } from '../../shared/settings/names';
import { texts } from '../../shared/texts';
import { wordsOf } from '../../shared/texts/settingWords';
import type { ModuleId } from '../../shared/types';
import { Check, Scroll } from '../bits';
import { useSel } from '../studioContext';
import { CheckField } from './fields';

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
  const model = useSel((s) => s.model.info?.config ?? null);
  const { modules, only } = picked;
  const all = modules.includes(ALL_LINEAR);
  const known = model ? moduleKinds(model) : [];
  // Names that the open model does not have stay in sight, so that they can be taken away.
  const kinds = [...new Set([...known, ...modules])].filter((kind) => kind !== ALL_LINEAR);
  // A name means all modules that end in it.
  const means = (kind: string) => modules.some((name) => name !== kind && isTarget(kind, name));
  const chosen = all ? known : kinds.filter((kind) => modules.includes(kind) || means(kind));
  const put = (names: string[]) =>
    onChange({ modules: known.length > 0 && known.every((k) => names.includes(k)) ? [ALL_LINEAR] : names });
  return (
    <div className="stack tight">
      {only === null ? (
        <fieldset className="checks">
          <legend>{wordsOf({ group: 'run', key: 'modules' }).label}</legend>
          <Check checked={all} disabled={all} onChange={() => onChange({ modules: [ALL_LINEAR] })}>
            {t.allLinear}
          </Check>
          {kinds.map((kind) => (
            <Check
              key={kind}
              checked={chosen.includes(kind)}
              disabled={(chosen.length === 1 && chosen[0] === kind) || means(kind)}
              onChange={(on) => put(kinds.filter((k) => (k === kind ? on : chosen.includes(k))))}
            >
              <span title={t.hover(t.kind[kind] ?? kindLabel(kind), kind)}>{kindLabel(kind)}</span>
            </Check>
          ))}
        </fieldset>
      ) : (
        <PickTable
          only={only}
          modules={model ? allModules(model) : []}
          onChange={(names) => onChange({ only: names })}
        />
      )}
      {problem && <p className="field-problem">{problem}</p>}
      {byLayer && (
        <CheckField
          label={t.pick}
          checked={only !== null}
          initial={false}
          disabled={model === null && only === null}
          onChange={(on) => onChange({ only: on && model ? targetModules(model, picked).map(moduleName) : null })}
          help={
            model === null
              ? t.unknown
              : only === null
                ? t.blocks(known.length)
                : t.picked(only.length, allModules(model).length)
          }
        />
      )}
    </div>
  );
}

/** The module of a name such as `3.q_proj`. */
function idOf(name: string): ModuleId {
  const dot = name.indexOf('.');
  return { layer: Number(name.slice(0, dot)), kind: name.slice(dot + 1) };
}

function PickTable({
  only,
  modules,
  onChange,
}: {
  only: string[];
  modules: readonly ModuleId[];
  onChange: (only: string[]) => void;
}) {
  const t = texts().configure.adapter;
  // Names beyond the open model stay in sight, so that they can be taken away.
  const ids = [...modules, ...only.map(idOf)];
  const kinds = [...new Set(ids.map((m) => m.kind))];
  const rows = Math.max(...ids.map((m) => m.layer + 1));
  const all = Array.from({ length: rows }, (_, layer) =>
    kinds.map((kind) => ({ name: moduleName({ layer, kind }), layer, kind })),
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
            {kinds.map((kind, k) => (
              <th key={kind} scope="col" title={t.hover(t.kind[kind] ?? kindLabel(kind), kind)}>
                {whole(
                  all.map((row) => row[k].name),
                  kindLabel(kind),
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
                    aria-label={t.one(m.layer, kindLabel(m.kind))}
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
