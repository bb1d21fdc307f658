/** What the columns mean: kind, roles with where each choice comes from, and the template with a live example. */
import { useEffect, useState } from 'react';
import {
  type ChatTemplate,
  DATA_KINDS,
  type DataKind,
  type Mapping,
  type PromptTemplate,
  type Segment,
  type Speaker,
  SPEAKERS,
} from '../shared/data';
import { DataError, SieveError, messageOf } from '../shared/errors';
import type { Message } from '../shared/message';
import { tellsClasses } from '../shared/model';
import { settingsOf } from '../shared/settings';
import { compileTemplate, DATA_ROLES } from '../shared/template';
import { texts } from '../shared/texts';
import { say } from '../shared/texts/say';
import { Check, SelectField, TextField } from './bits';
import { SettingFields } from './configure/SettingFields';
import { useProblems } from './configure/fields';
import { unusedColumns } from './DataSummary';
import { useSel, useStudio } from './studioContext';
import { useTellsClasses } from './useTellsClasses';

/** What nobody chooses: a table's rows are texts, or pictures. */
const TEXT_KINDS = DATA_KINDS.filter((kind) => kind !== 'picture-label');

const TASK_TYPE = settingsOf('train').filter(({ key }) => key === 'taskType');

type RoleState = 'guessed' | 'ready' | 'missing' | 'unused';

function roleState(role: string, required: boolean, mapping: Mapping, guess: Mapping): RoleState {
  const own = mapping.roles[role] ?? null;
  if (own === null) return required ? 'missing' : 'unused';
  return mapping.kind === guess.kind && guess.roles[role] === own ? 'guessed' : 'ready';
}

export function DataMapping() {
  const studio = useStudio();
  const classes = useTellsClasses('form');
  const d = useSel((s) => s.dataset);
  if (!d.parsed || !d.mapping) return null;
  const { table, detection, sample } = d.parsed;
  const { mapping, template } = d;
  const t = texts().data.mapping;
  const chat = mapping.kind === 'chat';
  const sequences = classes && mapping.kind === 'text-label';
  if (mapping.kind === 'picture-label')
    return (
      <div className="panel stack">
        <h3>{texts().data.kind[mapping.kind]}</h3>
        <p>{t.pictures}</p>
      </div>
    );
  return (
    <div className="panel stack">
      <h3>{t.title}</h3>
      <div className="fields">
        <SelectField<DataKind>
          label={t.kind}
          value={mapping.kind}
          onChange={(kind) => studio.data.mapping.setKind(kind)}
          mark={<RoleMark state={mapping.kind === detection.mapping.kind ? 'guessed' : 'ready'} />}
          problem={classes && !sequences ? t.needsLabels : null}
          options={TEXT_KINDS.map((kind) => ({ value: kind, label: texts().data.kind[kind] }))}
        />
        {DATA_ROLES[mapping.kind].map(({ role, required }) => {
          const state = roleState(role, required, mapping, detection.mapping);
          return (
            <SelectField
              key={role}
              label={t.column[role]}
              value={mapping.roles[role] ?? ''}
              onChange={(column) => studio.data.mapping.setRole(role, column === '' ? null : column)}
              mark={<RoleMark state={state} />}
              problem={state === 'missing' ? t.chooseColumn : null}
              options={[
                { value: '', label: required ? t.choose : t.none },
                ...table.columns.map((c) => ({ value: c, label: c })),
              ]}
            />
          );
        })}
      </div>
      <Unused />
      {chat && <Speakers mapping={mapping} />}
      {chat && d.chatTemplates.length > 0 && (
        <TemplateChoice templates={d.chatTemplates} chosen={template.chat ? d.chatChoice : null} />
      )}
      {chat && template.chat && (
        <TextField
          label={t.chatSource}
          value={template.chat.source}
          onChange={(source) => studio.data.mapping.editChatTemplate(source)}
          rows={6}
          mono
          testId="chat-template"
          help={t.chatSourceHelp}
        />
      )}
      {mapping.kind === 'text-label' && <TaskType />}
      {sequences && <p className="help">{t.sequence}</p>}
      {mapping.kind !== 'text' && !template.chat && !sequences && (
        <>
          <TextField
            label={chat ? t.askedTemplate : t.promptTemplate}
            value={template.prompt}
            onChange={(prompt) => studio.data.mapping.setTemplate({ prompt })}
            rows={3}
            mono
            help={chat ? t.turnHelp : t.templateHelp}
          />
          <TextField
            label={chat ? t.answerTemplate : t.completionTemplate}
            value={template.completion}
            onChange={(completion) => studio.data.mapping.setTemplate({ completion })}
            rows={2}
            mono
          />
        </>
      )}
      {chat && <LiveChat mapping={mapping} template={template} />}
      {!chat && !sequences && (
        <LiveExample columns={table.columns} row={sample[0]} mapping={mapping} template={template} />
      )}
      {(template.prompt !== '' || template.chat) && !sequences && (
        <Check checked={d.completionOnly} onChange={(completionOnly) => studio.data.setPreparation({ completionOnly })}>
          {chat ? t.answersOnly : t.completionOnly}
        </Check>
      )}
      {chat && (
        <Check
          checked={mapping.lastAnswer ?? false}
          onChange={(lastAnswer) => studio.data.mapping.setAnswers({ lastAnswer })}
        >
          {t.lastAnswer}
        </Check>
      )}
      {mapping.firstAnswer !== undefined && (
        <Check
          checked={mapping.firstAnswer}
          onChange={(firstAnswer) => studio.data.mapping.setAnswers({ firstAnswer })}
        >
          {t.firstAnswer}
        </Check>
      )}
    </div>
  );
}

/** Of a model that writes text: whether labels are its text, or classes of a head. */
function TaskType() {
  const { configure } = useStudio();
  const train = useSel((s) => s.runs.draft.train);
  // Most do: until it is known nothing below would keep its place otherwise.
  const writes = useSel((s) => s.model.info === null || !tellsClasses(s.model.info.config));
  const at = useProblems('train');
  return (
    writes && (
      <SettingFields settings={TASK_TYPE} values={train} at={at} onChange={(patch) => configure.setTrain(patch)} />
    )
  );
}

/** The columns that nobody uses: what is not said is not missed until it is too late. */
function Unused() {
  const { parsed, mapping, template } = useSel((s) => s.dataset);
  if (!parsed || !mapping) return null;
  const unused = unusedColumns({ table: parsed.table, empty: parsed.empty, mapping, template });
  return unused.length === 0 ? null : (
    <p className="help" data-testid="data-unused">
      {texts().data.mapping.unused(unused.join(', '))}
    </p>
  );
}

/** Who speaks under names that are not known by themselves. */
function Speakers({ mapping }: { mapping: Mapping }) {
  const studio = useStudio();
  const strangers = useSel((s) => s.dataset.report?.strangers);
  const names = [...new Set([...Object.keys(mapping.speakers ?? {}), ...(strangers ?? [])])];
  const t = texts().data.mapping;
  if (names.length === 0) return null;
  return (
    <div className="fields" data-testid="data-speakers">
      {names.map((name) => (
        <SelectField
          key={name}
          label={t.speaker(name)}
          value={mapping.speakers?.[name] ?? ''}
          onChange={(who) => studio.data.mapping.setSpeaker(name, who === '' ? null : (who as Speaker))}
          options={[{ value: '', label: t.choose }, ...SPEAKERS.map((value) => ({ value, label: t.speakers[value] }))]}
        />
      ))}
    </div>
  );
}

function RoleMark({ state }: { state: RoleState }) {
  const t = texts().data.mapping;
  return (
    <span className={`role-mark role-${state}`} title={t.stateHelp[state]}>
      {' '}
      {t.state[state]}
    </span>
  );
}

/** The model's own templates beside the plain one. */
function TemplateChoice({ templates, chosen }: { templates: ChatTemplate[]; chosen: string | null }) {
  const studio = useStudio();
  const t = texts().data.mapping;
  const names = templates.map(({ name }) => name);
  return (
    <SelectField
      label={t.chatTemplate}
      value={chosen === null ? '' : names.includes(chosen) ? chosen : names[0]}
      onChange={(name) => studio.data.mapping.setChatTemplate(name === '' ? null : name)}
      help={t.chatTemplateHelp}
      options={[
        ...names.map((name) => ({ value: name, label: names.length === 1 ? t.own : t.ownNamed(name) })),
        { value: '', label: t.plain },
      ]}
    />
  );
}

/** The first row through the template, at every keystroke. */
function LiveExample({
  columns,
  row,
  mapping,
  template,
}: {
  columns: string[];
  row: string[] | undefined;
  mapping: Mapping;
  template: PromptTemplate;
}) {
  if (!row) return null;
  const segments: Segment[] = [];
  let problem: Message | undefined;
  try {
    const { prompt, completion } = compileTemplate(columns, mapping, template)(row);
    segments.push({ text: prompt, trained: false }, { text: completion, trained: true });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    problem = messageOf(error);
  }
  return <Filled segments={segments} problem={problem} />;
}

/** The first chat through the template, soon after each keystroke. */
function LiveChat({ mapping, template }: { mapping: Mapping; template: PromptTemplate }) {
  const studio = useStudio();
  const [shown, setShown] = useState<{ segments: Segment[]; problem?: Message }>({ segments: [] });
  useEffect(() => {
    let current = true;
    const show = (next: { segments: Segment[]; problem?: Message }) => {
      if (current) setShown(next);
    };
    const timer = setTimeout(
      () =>
        void studio.data.mapping.tryTemplate(mapping, template).then(
          (segments) => show({ segments }),
          (error: unknown) => {
            if (!(error instanceof SieveError)) throw error;
            show({ segments: [], problem: messageOf(error) });
          },
        ),
      150,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [studio, mapping, template]);
  return <Filled {...shown} />;
}

function Filled({ segments, problem }: { segments: Segment[]; problem?: Message }) {
  return (
    <figure className="live-example" data-testid="template-preview">
      <figcaption className="help">{texts().data.mapping.firstRow}</figcaption>
      {problem === undefined ? (
        <p className="pre mono">
          {segments.map(({ text, trained }, i) => (
            <span key={i} className={trained ? 'chip-trained' : 'chip-masked'}>
              {text.slice(0, 1500)}
            </span>
          ))}
        </p>
      ) : (
        <p className="field-problem">{say(problem)}</p>
      )}
    </figure>
  );
}
