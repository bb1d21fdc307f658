/** What the columns mean: kind, roles with where each choice comes from, and the template with a live example. */
import { useEffect, useState } from 'react';
import type { ChatTemplate, DataKind, Mapping, PromptTemplate, Segment } from '../shared/data';
import { DataError, SieveError } from '../shared/errors';
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
      {mapping.kind === 'chat' && d.chatTemplates.length > 0 && <TemplateChoice templates={d.chatTemplates} chosen={template.chat ? d.chatChoice : null} />}
      {mapping.kind === 'chat' && template.chat && (
        <TextField
          label="The model’s own chat template" value={template.chat.source} onChange={(source) => studio.data.editChatTemplate(source)} rows={6} mono testId="chat-template"
          help="Jinja, as the model’s tokenizer brings it. It runs in a worker of its own and is stopped after 1 s."
        />
      )}
      {mapping.kind !== 'text' && !template.chat && (
        <>
          <TextField
            label={mapping.kind === 'chat' ? 'Template of what is asked' : 'Prompt template'} value={template.prompt} onChange={(prompt) => studio.data.setTemplate({ prompt })} rows={3} mono
            help={mapping.kind === 'chat' ? '{message} stands for the turn’s text.' : '{name} stands for the row’s text in that role.'}
          />
          <TextField label={mapping.kind === 'chat' ? 'Template of an answer' : 'Completion template'} value={template.completion} onChange={(completion) => studio.data.setTemplate({ completion })} rows={2} mono />
        </>
      )}
      {mapping.kind === 'chat' ? <LiveChat mapping={mapping} template={template} /> : <LiveExample columns={table.columns} row={sample[0]} mapping={mapping} template={template} />}
      {(template.prompt !== '' || template.chat) && <Check checked={d.completionOnly} onChange={(completionOnly) => studio.data.setPreparation({ completionOnly })}>{mapping.kind === 'chat' ? 'Learn the answers only' : 'Learn the completion only, not the prompt'}</Check>}
    </div>
  );
}

function RoleMark({ state }: { state: RoleState }) {
  return <span className={`role-mark role-${state}`} title={STATE_HELP[state]}> {STATE_WORDS[state]}</span>;
}

/** The model's own templates beside the plain one. */
function TemplateChoice({ templates, chosen }: { templates: ChatTemplate[]; chosen: string | null }) {
  const studio = useStudio();
  const names = templates.map((t) => t.name);
  return (
    <SelectField
      label="Chat template" value={chosen === null ? '' : names.includes(chosen) ? chosen : names[0]}
      onChange={(name) => studio.data.setChatTemplate(name === '' ? null : name)}
      help="What a chat model was trained to read is its own."
      options={[...names.map((name) => ({ value: name, label: names.length === 1 ? 'The model’s own' : `The model’s own: ${name}` })), { value: '', label: 'Plain' }]}
    />
  );
}

/** The first row through the template, at every keystroke. */
function LiveExample({ columns, row, mapping, template }: { columns: string[]; row: string[] | undefined; mapping: Mapping; template: PromptTemplate }) {
  if (!row) return null;
  const segments: Segment[] = [];
  let problem: string | undefined;
  try {
    const { prompt, completion } = compileTemplate(columns, mapping, template)(row);
    segments.push({ text: prompt, trained: false }, { text: completion, trained: true });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    problem = error.message;
  }
  return <Filled segments={segments} problem={problem} />;
}

/** The first chat through the template, soon after each keystroke. */
function LiveChat({ mapping, template }: { mapping: Mapping; template: PromptTemplate }) {
  const studio = useStudio();
  const [shown, setShown] = useState<{ segments: Segment[]; problem?: string }>({ segments: [] });
  useEffect(() => {
    let current = true;
    const show = (next: { segments: Segment[]; problem?: string }) => { if (current) setShown(next); };
    const timer = setTimeout(() => void studio.data.tryTemplate(mapping, template).then(
      (segments) => show({ segments }),
      (error: unknown) => {
        if (!(error instanceof SieveError)) throw error;
        show({ segments: [], problem: error.message });
      },
    ), 150);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [studio, mapping, template]);
  return <Filled {...shown} />;
}

function Filled({ segments, problem }: { segments: Segment[]; problem?: string }) {
  return (
    <figure className="live-example" data-testid="template-preview">
      <figcaption className="help">The first row, filled in</figcaption>
      {problem === undefined
        ? <p className="pre mono">{segments.map(({ text, trained }, i) => <span key={i} className={trained ? 'chip-trained' : 'chip-masked'}>{text.slice(0, 1500)}</span>)}</p>
        : <p className="field-problem">{problem}</p>}
    </figure>
  );
}
