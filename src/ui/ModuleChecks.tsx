/** Which layers are adapted, and which field a complaint of the schema belongs to. */
import { MODULE_KINDS, type ModuleKind } from '../shared/config';
import { Check } from './bits';

/** The part of `path: what is wrong` that belongs to `path`; null when the complaint is about another field. */
export function problemOf(problem: string | null, path: string): string | null {
  return problem?.startsWith(`${path}:`) ? problem.slice(path.length + 1).trim() : null;
}

export function ModuleChecks({ modules, onChange }: { modules: ModuleKind[]; onChange: (modules: ModuleKind[]) => void }) {
  return (
    <fieldset className="checks">
      <legend>Adapted layers of every block</legend>
      {MODULE_KINDS.map((kind) => (
        <Check key={kind} checked={modules.includes(kind)} disabled={modules.length === 1 && modules[0] === kind} onChange={(on) => onChange(MODULE_KINDS.filter((k) => (k === kind ? on : modules.includes(k))))}>{kind}</Check>
      ))}
    </fieldset>
  );
}
