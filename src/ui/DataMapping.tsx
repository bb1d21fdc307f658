/** What the columns mean: kind, roles with where each choice comes from, and the template with a live example. */
import { DATA_KINDS, type DataKind, type Mapping, type PromptTemplate } from '../shared/data';
import { DataError } from '../shared/errors';
import { compileTemplate, DATA_ROLES } from '../shared/template';
import { texts } from '../shared/texts';
import { Check, SelectField, TextField } from './bits';
import { useSel, useStudio } from './studioContext';

type RoleState = 'guessed' | 'ready' | 'missing' | 'unused';

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
  const t = texts().data.mapping;
  const chat = mapping.kind === 'chat';
  return (
    <div className="panel stack">
      <h3>{t.title}</h3>
      <div className="fields">
        <SelectField<DataKind>
          label={t.kind} value={mapping.kind} onChange={(kind) => studio.data.setKind(kind)} mark={<RoleMark state={mapping.kind === detection.mapping.kind ? 'guessed' : 'ready'} />}
          options={DATA_KINDS.map((kind) => ({ value: kind, label: texts().data.kind[kind] }))}
        />
        {DATA_ROLES[mapping.kind].map(({ role, required }) => {
          const state = roleState(role, required, mapping, detection.mapping);
          return (
            <SelectField
              key={role} label={t.column[role]} value={mapping.roles[role] ?? ''} onChange={(column) => studio.data.setRole(role, column === '' ? null : column)}
              mark={<RoleMark state={state} />} problem={state === 'missing' ? t.chooseColumn : null}
              options={[{ value: '', label: required ? t.choose : t.none }, ...table.columns.map((c) => ({ value: c, label: c }))]}
            />
          );
        })}
      </div>
      {mapping.kind !== 'text' && (
        <>
          <TextField
            label={chat ? t.askedTemplate : t.promptTemplate} value={template.prompt} onChange={(prompt) => studio.data.setTemplate({ prompt })} rows={3} mono
            help={chat ? t.turnHelp : t.templateHelp}
          />
          <TextField label={chat ? t.answerTemplate : t.completionTemplate} value={template.completion} onChange={(completion) => studio.data.setTemplate({ completion })} rows={2} mono />
        </>
      )}
      {!chat && <LiveExample columns={table.columns} row={sample[0]} mapping={mapping} template={template} />}
      {template.prompt !== '' && <Check checked={d.completionOnly} onChange={(completionOnly) => studio.data.setPreparation({ completionOnly })}>{chat ? t.answersOnly : t.completionOnly}</Check>}
    </div>
  );
}

function RoleMark({ state }: { state: RoleState }) {
  const t = texts().data.mapping;
  return <span className={`role-mark role-${state}`} title={t.stateHelp[state]}> {t.state[state]}</span>;
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
      <figcaption className="help">{texts().data.mapping.firstRow}</figcaption>
      {filled
        ? <p className="pre mono"><span className="chip-masked">{filled.prompt.slice(0, 1500)}</span><span className="chip-trained">{filled.completion.slice(0, 1500)}</span></p>
        : <p className="field-problem">{problem}</p>}
    </figure>
  );
}
