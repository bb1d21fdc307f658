/** What the columns mean: kind, roles with where each choice comes from, and the template with a live example. */
import type { DataKind, Mapping, PromptTemplate } from '../shared/data';
import { DataError } from '../shared/errors';
import { compileTemplate, DATA_ROLES } from '../shared/template';
import { KIND_LABELS } from '../store/template';
import { Check, SelectField, TextField } from './bits';
import { useSel, useStudio } from './studioContext';

type RoleState = 'guessed' | 'ready' | 'missing' | 'unused';

const STATE_WORDS: Record<RoleState, string> = { guessed: 'guessed', ready: 'ready', missing: 'missing', unused: 'not used' };
const STATE_HELP: Record<RoleState, string> = {
  guessed: 'Found by name or content; change it if it is wrong.', ready: 'Chosen by you.', missing: 'Needed before anything can be trained.', unused: 'Optional.',
};

function roleState(role: string, required: boolean, mapping: Mapping, guess: Mapping): RoleState {
  const own = mapping.roles[role] ?? null;
  if (own === null) return required ? 'missing' : 'unused';
  return mapping.kind === guess.kind && guess.roles[role] === own ? 'guessed' : 'ready';
}

export function DataMapping() {
  const studio = useStudio();
  const d = useSel((s) => s.dataset);
  if (!d.parsed || !d.mapping) return null;
  const { table, detection, sample } = d.parsed;
  const { mapping, template } = d;
  return (
    <div className="panel stack">
      <h3>What it means</h3>
      <div className="fields">
        <SelectField<DataKind>
          label="Kind" value={mapping.kind} onChange={(kind) => studio.data.setKind(kind)} mark={<RoleMark state={mapping.kind === detection.mapping.kind ? 'guessed' : 'ready'} />}
          options={(Object.keys(KIND_LABELS) as DataKind[]).map((kind) => ({ value: kind, label: KIND_LABELS[kind] }))}
        />
        {DATA_ROLES[mapping.kind].map(({ role, required }) => {
          const state = roleState(role, required, mapping, detection.mapping);
          return (
            <SelectField
              key={role} label={`Column with the ${role === 'message' ? 'messages' : role}`} value={mapping.roles[role] ?? ''} onChange={(column) => studio.data.setRole(role, column === '' ? null : column)}
              mark={<RoleMark state={state} />} problem={state === 'missing' ? 'Choose a column.' : null}
              options={[{ value: '', label: required ? 'choose…' : 'none' }, ...table.columns.map((c) => ({ value: c, label: c }))]}
            />
          );
        })}
      </div>
      {mapping.kind !== 'text' && (
        <>
          <TextField
            label={mapping.kind === 'chat' ? 'Template of what is asked' : 'Prompt template'} value={template.prompt} onChange={(prompt) => studio.data.setTemplate({ prompt })} rows={3} mono
            help={mapping.kind === 'chat' ? '{message} stands for the turn’s text.' : '{name} stands for the row’s text in that role.'}
          />
          <TextField label={mapping.kind === 'chat' ? 'Template of an answer' : 'Completion template'} value={template.completion} onChange={(completion) => studio.data.setTemplate({ completion })} rows={2} mono />
        </>
      )}
      {mapping.kind !== 'chat' && <LiveExample columns={table.columns} row={sample[0]} mapping={mapping} template={template} />}
      {template.prompt !== '' && <Check checked={d.completionOnly} onChange={(completionOnly) => studio.data.setPreparation({ completionOnly })}>{mapping.kind === 'chat' ? 'Learn the answers only' : 'Learn the completion only, not the prompt'}</Check>}
    </div>
  );
}

function RoleMark({ state }: { state: RoleState }) {
  return <span className={`role-mark role-${state}`} title={STATE_HELP[state]}> {STATE_WORDS[state]}</span>;
}

/** The first row through the template, at every keystroke. */
function LiveExample({ columns, row, mapping, template }: { columns: string[]; row: string[] | undefined; mapping: Mapping; template: PromptTemplate }) {
  if (!row) return null;
  let filled: { prompt: string; completion: string } | null = null;
  let problem = '';
  try {
    filled = compileTemplate(columns, mapping, template)(row);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    problem = error.message;
  }
  return (
    <figure className="live-example" data-testid="template-preview">
      <figcaption className="help">The first row, filled in</figcaption>
      {filled
        ? <p className="pre mono"><span className="chip-masked">{filled.prompt.slice(0, 1500)}</span><span className="chip-trained">{filled.completion.slice(0, 1500)}</span></p>
        : <p className="field-problem">{problem}</p>}
    </figure>
  );
}
