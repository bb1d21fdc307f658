/** Which model is trained, on which device, and whether it computes rightly there. */
import { say } from '../shared/texts/say';
import type { SampleWords } from '../shared/data';
import { tellsClasses } from '../shared/model';
import { texts } from '../shared/texts';
import { shippedWords } from '../shared/texts/names';
import { currentKind, usedDevice } from '../store/device';
import { deviceName } from './deviceWords';
import { type ModelInfo, isLive } from '../store/slices';
import { ProgressLine, SectionFrame, Skeleton } from './bits';
import { DeviceChoice, DeviceNote, useDeviceChange } from './DeviceChoice';
import { HubForm } from './HubForm';
import { bytes, compact, count, parameters } from './format';
import { Phrase } from './Phrase';
import { useSel, useStudio } from './studioContext';

export function ModelSection() {
  const studio = useStudio();
  const model = useSel((s) => s.model);
  const live = useSel((s) => isLive(s.runs.phase));
  const busy = model.status === 'opening' || model.moving !== null || live;
  const device = useDeviceChange();
  const t = texts().model;
  return (
    <SectionFrame id="model" title={t.title} lead={t.lead}>
      <div className="split">
        <div className="stack">
          <fieldset className="choices" disabled={busy}>
            <legend>{t.builtIn}</legend>
            {model.shipped?.map((shipped) => (
              <ModelChoice
                key={shipped.id}
                {...shippedWords(shipped)}
                on={model.source?.kind === 'embedded' && model.source.id === shipped.id}
                onOpen={() => void studio.models.open({ kind: 'embedded', id: shipped.id })}
              />
            )) ?? <Skeleton room="panel" />}
          </fieldset>
          <DeviceChoice {...device} />
          <HubForm disabled={busy} />
        </div>
        <div className="panel model-panel" data-testid="model-status" data-status={model.status}>
          {model.status === 'opening' && (
            <>
              <p aria-live="polite">
                <strong>{model.phase === 'checking' ? t.checking : t.opening}</strong>
              </p>
              {model.progress && <ProgressLine {...model.progress} unit={bytes} />}
              <div>
                <button
                  type="button"
                  className="quiet"
                  onClick={() => void studio.models.cancel()}
                  data-testid="model-cancel"
                >
                  {t.cancel}
                </button>
              </div>
            </>
          )}
          {model.moving && (
            <>
              <p aria-live="polite" data-testid="device-moving">
                <strong>{t.device.moving(t.device[model.moving])}</strong>
              </p>
              {model.progress && <ProgressLine {...model.progress} unit={bytes} />}
            </>
          )}
          {model.status === 'ready' && model.info && <Facts info={model.info} />}
          {model.status === 'failed' && (
            <>
              <p>
                <strong>{t.noneOpen}</strong>
              </p>
              {model.source && (
                <div className="row">
                  <button type="button" onClick={() => void studio.models.open(model.source!)}>
                    {t.tryAgain}
                  </button>
                  {currentKind(model) === 'gpu' && (
                    <button type="button" data-testid="open-on-cpu" onClick={() => device.change('cpu')}>
                      {t.device.openOnCpu}
                    </button>
                  )}
                </div>
              )}
            </>
          )}
          {model.status === 'none' && <p>{t.looking}</p>}
        </div>
      </div>
      {model.status === 'ready' && model.info && <DeviceNote info={model.info} change={device.change} />}
    </SectionFrame>
  );
}

function ModelChoice({ title, description, on, onOpen }: SampleWords & { on: boolean; onOpen: () => void }) {
  return (
    <button type="button" className="choice" aria-pressed={on} onClick={onOpen}>
      <span className="choice-title">{title}</span>
      <span className="choice-text">{description}</span>
    </button>
  );
}

function Facts({ info }: { info: ModelInfo }) {
  const { config: c, device, file, check, gradients } = info;
  const { facts: t, hub } = texts().model;
  const { patches } = c.embedding;
  return (
    <>
      <p className="panel-title">
        {info.source.id}
        {info.source.kind === 'hub' && <span className="muted"> @ {info.source.revision}</span>}
      </p>
      <dl className="facts">
        <dt>{t.file}</dt>
        <dd data-testid="model-file">
          {hub.fileIs(file.path, file.dtype, file.bytes === null ? null : bytes(file.bytes))}
        </dd>
        <dt>{t.parameters}</dt>
        <dd>{t.parametersAre(parameters(info.parameters), bytes(info.weightBytes))}</dd>
        {tellsClasses(c) && (
          <>
            <dt>{t.head}</dt>
            <dd data-testid="model-classes">{c.head.drawn ? t.newHead : t.headIs(c.head.labels)}</dd>
          </>
        )}
        <dt>{t.shape}</dt>
        <dd>
          {t.shapeIs({
            ...c.layers[0].attention,
            layers: c.layers.length,
            width: c.width,
            inner: c.layers[0].mlp.inner,
          })}
        </dd>
        {patches ? (
          <>
            <dt>{t.pictures}</dt>
            <dd>{t.picturesAre(patches.side, patches.patch)}</dd>
          </>
        ) : (
          <>
            <dt>{t.vocabulary}</dt>
            <dd>{t.vocabularyIs(count(c.vocab), c.head.kind === 'vocabulary' && c.head.tied)}</dd>
            <dt>{t.context}</dt>
            <dd>{t.contextIs(count(c.context))}</dd>
          </>
        )}
        <dt>{t.device}</dt>
        <dd data-testid="device-name">{deviceName(usedDevice(device))}</dd>
        <dt>{t.check}</dt>
        <dd data-testid="logit-check" data-ok={check.ok} data-by={check.by}>
          <Phrase
            of={t.checkIs(check.tokens, compact(check.relativeError), compact(check.tolerance), tellsClasses(c))}
            verdict={<strong>{(check.ok ? t.agrees : t.differs)[check.by]}</strong>}
          />
          {check.divergence && t.divergenceIs(compact(check.divergence.mean), compact(check.divergence.tolerance))}
          {check.firstDifference && t.firstDifference(say(check.firstDifference))}
        </dd>
        {gradients && (
          <>
            <dt>{t.gradients}</dt>
            <dd data-testid="gradient-check" data-state={gradients.state}>
              <Gradients check={gradients} />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

function Gradients({ check }: { check: NonNullable<ModelInfo['gradients']> }) {
  const t = texts().model.facts;
  if (check.state === 'unchecked') return t.gradientsUnchecked(say(check.why));
  const { state, tokens, layers, ofLayers, lossError, lossTolerance, gradientError, gradientTolerance, worst } = check;
  return (
    <Phrase
      of={t.gradientsAre({
        tokens,
        layers,
        ofLayers,
        loss: compact(lossError),
        lossTolerance: compact(lossTolerance),
        gradient: compact(gradientError),
        gradientTolerance: compact(gradientTolerance),
        worst,
      })}
      verdict={<strong>{state === 'agrees' ? t.gradientsAgree : t.gradientsDiffer}</strong>}
    />
  );
}
