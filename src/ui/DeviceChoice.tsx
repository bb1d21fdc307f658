/** What to compute on: the GPU or the CPU, what each of them is here, and what happens when another is chosen. */
import { useState } from 'react';
import { texts } from '../shared/texts';
import { canShareMemory, worthwhileThreads } from '../shared/threads';
import { adaptersOf } from '../store/carry';
import { surroundings } from '../store/configure/commands';
import { isPreset } from '../store/configure/presets';
import { type DeviceKind, computesWrongly, currentKind, hasGpu, noGpuReason, usedDevice } from '../store/device';
import { deviceName } from './deviceWords';
import { type ModelInfo, type State, isLive } from '../store/slices';
import { Phrase } from './Phrase';
import { changeDevice } from './device';
import { useSel, useStudio } from './studioContext';

/**
 * Changes the device at once where nothing on the page lies on it; else what becomes of that is said first, see
 * `asked`.
 */
export function useDeviceChange(): {
  asked: DeviceKind | null;
  change: (device: DeviceKind) => void;
  leave: () => void;
} {
  const studio = useStudio();
  const [asked, setAsked] = useState<DeviceKind | null>(null);
  const something = useSel(
    (s) => s.model.status === 'ready' && (s.runs.session !== null || s.runs.imported.length > 0),
  );
  return {
    asked,
    leave: () => setAsked(null),
    change: (device) => {
      const now = !something || asked === device;
      setAsked(now ? null : device);
      if (now) void changeDevice(studio.models, device);
    },
  };
}

type Change = ReturnType<typeof useDeviceChange>;

export function DeviceChoice({ asked, change, leave }: Change) {
  const t = texts().model.device;
  const model = useSel((s) => s.model);
  const live = useSel((s) => isLive(s.runs.phase) || s.experiments.running !== null || s.keep.resuming);
  const kind = model.moving ?? currentKind(model);
  const busy = model.status === 'opening' || model.moving !== null || live;
  const options: { device: DeviceKind; is: string; there: boolean }[] = [
    { device: 'gpu', is: gpuIs(model), there: hasGpu(model.gpu) },
    { device: 'cpu', is: cpuIs(model), there: true },
  ];
  return (
    <div className="stack tight">
      <fieldset className="choices" disabled={busy} data-testid="device-choice" data-device={kind}>
        <legend>{t.legend}</legend>
        {options.map(({ device, is, there }) => (
          <button
            key={device}
            type="button"
            className="choice"
            aria-pressed={kind === device}
            disabled={!there}
            data-testid={`device-${device}`}
            onClick={() => (device === kind ? leave() : change(device))}
          >
            <span className="choice-title">{t[device]}</span>
            <span className="choice-text">{is}</span>
          </button>
        ))}
      </fieldset>
      {live && <p className="help">{t.live}</p>}
      {asked && !busy && <Move to={asked} onYes={() => change(asked)} onNo={leave} />}
      <NoGpu model={model} />
    </div>
  );
}

function gpuIs({ gpu, info }: State['model']): string {
  const t = texts().model.device;
  if (!gpu) return t.looking;
  if (gpu.state === 'no-webgpu' || gpu.state === 'no-adapter') return t.none[gpu.state];
  const name = deviceName(
    info?.device.kind === 'gpu' ? usedDevice(info.device) : { kind: 'gpu', name: gpu.name, threads: null },
  );
  return gpu.state === 'software' ? t.software(name) : name;
}

function cpuIs({ info }: State['model']): string {
  const t = texts().model.device;
  const shared = canShareMemory();
  const threads = info?.device.threads ?? (shared ? worthwhileThreads() : 1);
  if (threads > 1) return t.threads(threads);
  return shared || worthwhileThreads() === 1 ? t.oneCore : t.apart;
}

/** What becomes of the runs and adapters on the page. */
function Move({ to, onYes, onNo }: { to: DeviceKind; onYes: () => void; onNo: () => void }) {
  const t = texts().model.device.move;
  const session = useSel((s) => s.runs.session);
  const imported = useSel((s) => s.runs.imported);
  const { goes, stays } = adaptersOf(session);
  const named = (ids: readonly string[]) =>
    session?.config.runs.filter((r) => ids.includes(r.id)).map((r) => r.name) ?? [];
  const along = [...named(goes), ...imported.map((r) => r.name)];
  const device = texts().model.device[to];
  return (
    <div className="notice notice-warning" role="alert" data-testid="device-move">
      <div>
        <p>{along.length > 0 ? t.goes(along.join(', ')) : t.curves}</p>
        {stays.length > 0 && <p>{t.stays(named(stays).join(', '))}</p>}
        <div className="row">
          <button type="button" data-testid="device-move-yes" onClick={onYes}>
            {t.yes(device)}
          </button>
          <button type="button" className="quiet" data-testid="device-move-no" onClick={onNo}>
            {t.no}
          </button>
        </div>
      </div>
    </div>
  );
}

/** One line where the CPU computes though nobody chose it. */
function NoGpu({ model }: { model: State['model'] }) {
  const why = noGpuReason(model);
  if (!why) return null;
  const t = texts().model.device;
  return (
    <div className="help" data-testid="no-gpu">
      <p>{t.onCpu[why]}</p>
      <SmallPreset />
      {why !== 'software' && (
        <details>
          <summary>{t.how.summary}</summary>
          <p>{t.how.where}</p>
          <p>
            <Phrase of={t.how.mend} flag={<code>chrome://flags/#enable-unsafe-webgpu</code>} />
          </p>
        </details>
      )}
    </div>
  );
}

/** The numbers that a slow device is through with soon, with one click once there are data to fit them to. */
function SmallPreset() {
  const { configure } = useStudio();
  const live = useSel((s) => isLive(s.runs.phase));
  const ready = useSel((s) => surroundings(s) !== null);
  const on = useSel(({ runs: { draft, preset } }) => preset?.preset === 'quick' && isPreset(draft, preset.result));
  const t = texts().model.device.small;
  if (!ready) return <p>{t.later}</p>;
  return (
    <p>
      <button
        type="button"
        className="quiet"
        aria-pressed={on}
        disabled={on || live}
        data-testid="small-preset"
        onClick={() => configure.takePreset('quick')}
      >
        {on ? t.taken : t.take}
      </button>
    </p>
  );
}

/** What is wrong with the GPU that computes: it is slow, or it is not to be trusted. */
export function DeviceNote({ info, change }: { info: ModelInfo; change: Change['change'] }) {
  const busy = useSel((s) => s.model.moving !== null || s.model.status === 'opening' || isLive(s.runs.phase));
  const { wrong, slow, useCpu } = texts().model.device;
  if (info.device.kind === 'cpu') return null;
  const broken = computesWrongly({ info });
  if (!broken && !info.device.software) return null;
  const name = deviceName(usedDevice(info.device));
  return (
    <div
      className={`notice ${broken ? 'notice-error' : 'notice-warning'}`}
      role={broken ? 'alert' : undefined}
      aria-live={broken ? undefined : 'polite'}
      data-testid={broken ? 'wrong-gpu' : 'software-note'}
    >
      <div>
        <p className="notice-message">
          {broken ? (
            <Phrase of={wrong.text} head={<strong>{wrong.head(name)}</strong>} />
          ) : (
            <Phrase of={slow.text} head={<strong>{slow.head}</strong>} />
          )}
        </p>
        <p>
          <button type="button" disabled={busy} data-testid="use-cpu" onClick={() => change('cpu')}>
            {useCpu}
          </button>
        </p>
        {!broken && <SmallPreset />}
      </div>
    </div>
  );
}
