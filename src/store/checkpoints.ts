/**
 * The run that is going on, saved on the way: whoever closes the tab, reloads, or loses the GPU goes on where the last
 * checkpoint was, and the result is the one of a run that was never interrupted.
 *
 * A snapshot is consistent because the worker sends all events up to its step before it answers `state`: what the
 * curves hold when the answer is there is what they held at that step.
 */
import type { StoreApi } from 'zustand/vanilla';
import type { SessionConfig } from '../shared/config';
import type { DataRecipe } from '../shared/dataRecipe';
import { type ErrorInfo, SieveError, StorageError, toErrorInfo } from '../shared/errors';
import { message } from '../shared/message';
import type { TokenSet } from '../shared/types';
import { type CheckpointInfo, type ModelSource, type Phase, stateBuffers } from '../train/protocol';
import { diagnostics } from './diagnostics';
import { calledDevice, goingOn, sameBits, usedDevice } from './device';
import { todaysInfo, todaysPage } from './formerCheckpoint';
import { type MetricLogSnapshot, MetricLog } from './metricLog';
import type { KeepClient } from './keepClient';
import { type KeepSlice, type SessionView, type State, isLive, withSession, stepsOf } from './slices';
import { type ApplyChatTemplate, templatedPrompts } from './template';
import type { TrainClient } from './trainClient';

/** Bounds of the time between two checkpoints, in ms. In between it is the age of the run at the last one. */
const SOONEST = 500;
const LATEST = 15_000;
/** Writing may take this share of the time at most. */
const SHARE_OF_TIME = 0.05;
/** A GPU that is lost again within this time is not tried again by itself, in ms. */
const LOST_AGAIN = 5 * 60_000;
/** Shorter absences are not worth a word, in ms. */
const AWAY = 10_000;

/** What the page wants back of a run; travels through the worker unseen. */
export interface PageState extends Pick<SessionView, 'template' | 'mapping' | 'dataName' | 'plan' | 'startedAt'> {
  version: 2;
  watchText: string | null;
  samplePrompts: string[] | null;
  metricLogs: MetricLogSnapshot[];
  /** Earlier versions kept the words of an error. */
  failed: [string, ErrorInfo | { name: string; message: string }][];
}

export interface CheckpointHost {
  store: StoreApi<State>;
  train: TrainClient;
  keep: KeepClient;
  /** Applies the events that wait to be shown. */
  flush: () => void;
  openModel: (source: ModelSource) => Promise<void>;
  applyChatTemplate: ApplyChatTemplate;
  setDraft: (draft: SessionConfig) => void;
  say: (kind: 'error' | 'warning', info: ErrorInfo) => void;
  /** Makes the data set of a run again, in the place of what is open. @param sets what it has learnt from */
  restoreData: (
    data: { name: string; recipe: DataRecipe },
    sets: { train: TokenSet; validation: TokenSet },
  ) => Promise<void>;
  /** Deletes files of data sets that nothing needs any more. */
  sweepData: () => Promise<void>;
  /** A run has ended; its checkpoint goes once this resolves. */
  ended: (session: SessionView, phase: Phase) => Promise<void>;
}

/** A hidden run that did less than this share of what it would have done is said to be slowed down. */
const SLOWED = 0.7;

/** ms that a step of all runs took lately; null where nobody knows. */
function paceOf({ metricLogs }: SessionView): number | null {
  const all = [...metricLogs.values()].map((h) => h.speed()?.msPerStep ?? 0);
  return Math.max(0, ...all) || null;
}

const sameSource = (a: ModelSource | null, b: ModelSource) => JSON.stringify(a) === JSON.stringify(b);

export class Checkpoints {
  readonly #host: CheckpointHost;
  /** The run that is saved, by its metricLogs, which stay the same object as long as it lives. */
  #metricLogs: SessionView['metricLogs'] | null = null;
  /** Of its token sets; null where it is watched to its end but not saved on the way. */
  #hash: Promise<string> | null = null;
  /** The token sets of a run that began while another tab was writing. */
  #late: { metricLogs: SessionView['metricLogs']; train: TokenSet; validation: TokenSet } | null = null;
  /** When it was first seen to train, in ms; null before: compiling adds nothing to a run’s age. */
  #begun: number | null = null;
  #savedAt = 0;
  #writing = 0;
  #saving: Promise<void> | null = null;
  #phase: Phase = 'idle';
  #lostAt = -Infinity;
  #hidden: { at: number; steps: number; msPerStep: number | null } | null = null;

  constructor(host: CheckpointHost) {
    this.#host = host;
  }

  /** Looks for a run that was interrupted, once this tab may write. */
  async look(): Promise<void> {
    try {
      const { info, damaged } = await this.#host.keep.request({ type: 'checkpoint-info' });
      this.#patch({ offer: info && todaysInfo(info), damaged: damaged > 0 });
      this.#takeUp();
    } catch (error) {
      this.#patch({ problem: toErrorInfo(error) });
    }
  }

  /**
   * This tab has become the one that writes while a run is going on in it: from now on that is saved, and kept when it
   * ends.
   */
  #takeUp(): void {
    const late = this.#late;
    this.#late = null;
    const { session, phase } = this.#s.runs;
    if (!late || session?.metricLogs !== late.metricLogs || !isLive(phase)) return;
    if (!this.#s.keep.offer) {
      this.begin(late.train, late.validation);
      return;
    }
    // There is one checkpoint, and the run that the other tab left is in it.
    this.#metricLogs = late.metricLogs;
    this.#hash = null;
    this.#patch({ problem: { name: 'StorageError', ...message('store.resume.waiting') } });
  }

  /** A run has started on these token sets. */
  begin(train: TokenSet, validation: TokenSet): void {
    const { session } = this.#s.runs;
    this.#late = null;
    if (!session || this.#s.keep.mode === 'off') return;
    if (this.#s.keep.mode !== 'writer') {
      this.#late = { metricLogs: session.metricLogs, train, validation };
      return;
    }
    this.#follow(session.metricLogs, async () => {
      await this.#host.keep.request({ type: 'clear-checkpoint' });
      return (await this.#host.keep.request({ type: 'save-data', train, validation })).hash;
    });
  }

  #follow(metricLogs: SessionView['metricLogs'], hash: () => Promise<string>): void {
    this.#metricLogs = metricLogs;
    this.#savedAt = performance.now();
    this.#begun = this.#s.runs.phase === 'compiling' ? null : this.#savedAt;
    this.#writing = 0;
    this.#patch({ offer: null, damaged: false, saved: null, problem: null, away: null });
    this.#hash = hash();
    this.#hash.catch((error: unknown) => this.#patch({ problem: toErrorInfo(error) }));
  }

  /** To be called whenever events were applied: saves when it is time, and notices how a run ends. */
  after(): void {
    const { session, phase } = this.#s.runs;
    const before = this.#phase;
    this.#phase = phase;
    if (!session || session.metricLogs !== this.#metricLogs) return;
    if (phase === 'compiling') return;
    if (isLive(phase)) {
      const now = performance.now();
      if (this.#begun === null) this.#begun = this.#savedAt = now;
      const due =
        this.#savedAt +
        Math.max(Math.min(LATEST, Math.max(SOONEST, this.#savedAt - this.#begun)), this.#writing / SHARE_OF_TIME);
      if (phase === 'paused' && before !== 'paused') void this.#savePause();
      else if (now >= due) void this.save();
    } else if (isLive(before)) void this.#end(session, phase);
  }

  async #end(session: SessionView, phase: Phase): Promise<void> {
    const saves = this.#hash !== null;
    this.#metricLogs = null;
    const allFailed = session.config.runs.every((r) => session.failed.has(r.id));
    const whole = phase === 'finished' || phase === 'stopped' || allFailed;
    if (!saves) {
      // The checkpoint that lies there is another run's.
      if (whole) await this.#host.ended(session, phase);
      if (!this.#metricLogs) this.#patch({ problem: null });
      return;
    }
    if (whole) {
      await this.#host.ended(session, phase);
      // The next run may have begun meanwhile; what lies there now is its own.
      if (this.#metricLogs) return;
      await this.#quietly(() => this.#host.keep.request({ type: 'clear-checkpoint' }));
      this.#patch({ offer: null, saved: null });
      return;
    }
    await this.#saving;
    await this.look();
    const { offer } = this.#s.keep;
    if (this.#s.model.status !== 'failed' || !offer) return;
    const again = performance.now() - this.#lostAt < LOST_AGAIN;
    this.#lostAt = performance.now();
    // Once by itself: a computer that slept takes the GPU away. Twice in a few minutes, something is wrong.
    const { thriftier = false } = this.#s.runs.broke ?? {};
    if (again) {
      this.#host.say('error', {
        name: 'GpuError',
        ...message('store.resume.lostAgain', { step: offer.step }),
        details: diagnostics(this.#s, offer),
      });
      return;
    }
    await this.resume(thriftier);
    if (isLive(this.#s.runs.phase))
      this.#host.say('warning', {
        name: 'GpuError',
        ...message(thriftier ? 'store.resume.thriftier' : 'store.resume.gpuLost', { step: offer.step }),
      });
  }

  /** Saves now, if a run is going on. Resolves when it is written; failures are shown, training goes on. */
  save(): Promise<void> {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** One that is being written may be of the step before the pause. */
  async #savePause(): Promise<void> {
    await this.#saving;
    await this.save();
  }

  async #save(): Promise<void> {
    const metricLogs = this.#metricLogs;
    const { session, phase } = this.#s.runs;
    const { info, source } = this.#s.model;
    const hash = this.#hash;
    if (
      !metricLogs ||
      !hash ||
      session?.metricLogs !== metricLogs ||
      !isLive(phase) ||
      phase === 'compiling' ||
      !info ||
      !source
    )
      return;
    const ended = () => this.#metricLogs !== metricLogs;
    try {
      const dataHash = await hash;
      const state = await this.#host.train.request({ type: 'state' });
      if (ended()) return;
      this.#host.flush();
      const { template, mapping, dataName, plan, startedAt, failed, config } = session;
      const page: PageState = {
        version: 2,
        template,
        mapping,
        dataName,
        plan: this.#s.runs.session?.plan ?? plan,
        startedAt,
        watchText: this.#s.runs.watchText,
        samplePrompts: this.#s.runs.samplePrompts,
        metricLogs: [...metricLogs.values()].map((h) => h.snapshot()),
        failed: [...failed],
      };
      const savedAt = Date.now();
      const data = { name: dataName, recipe: (await session.recipe) ?? null };
      const checkpoint: CheckpointInfo = {
        savedAt,
        startedAt,
        step: state.step,
        config,
        model: source,
        devices: session.devices,
        dataHash,
        data,
      };
      const started = performance.now();
      await this.#host.keep.request(
        { type: 'save-checkpoint', checkpoint: { info: checkpoint, state, page } },
        stateBuffers(state),
      );
      this.#writing = performance.now() - started;
      if (!ended()) this.#patch({ saved: { step: state.step, paused: phase === 'paused' }, problem: null });
    } catch (error) {
      if (!ended()) this.#patch({ problem: toErrorInfo(error) });
    } finally {
      this.#savedAt = performance.now();
    }
  }

  /** Goes on with the run that was interrupted. @param thriftier in less memory than it had */
  async resume(thriftier = false): Promise<void> {
    const { offer, resuming } = this.#s.keep;
    if (
      !offer ||
      resuming ||
      this.#s.model.moving !== null ||
      isLive(this.#s.runs.phase) ||
      this.#s.experiments.running !== null
    )
      return;
    this.#patch({ resuming: true });
    try {
      const { checkpoint, train, validation } = await this.#host.keep.request({ type: 'load-checkpoint' });
      const { state } = checkpoint;
      const info = todaysInfo(checkpoint.info);
      const page = todaysPage(checkpoint.page) as PageState;
      if (![1, 2, 3].includes(state.version) || page?.version !== 2)
        throw new StorageError(message('store.saved.otherVersion'));
      if (this.#s.model.status !== 'ready' || !sameSource(this.#s.model.source, info.model))
        await this.#host.openModel(info.model);
      const { model } = this.#s;
      if (model.status !== 'ready' || !model.info) throw new SieveError(message('store.saved.resumeModel'));
      if (this.#s.runs.session) await this.#host.train.request({ type: 'reset' });
      this.#host.flush();
      const [before, now] = [info.devices, usedDevice(model.info.device)];
      const metricLogs = new Map(page.metricLogs.map((h) => [h.runId, MetricLog.restore(h)]));
      const session: SessionView = {
        config: info.config,
        template: page.template,
        mapping: page.mapping,
        dataName: page.dataName,
        ...(info.data?.recipe && { dataOrigin: info.data.recipe.origin }),
        recipe: Promise.resolve(info.data?.recipe ?? null),
        classes: train.labels?.classes,
        plan: page.plan,
        devices: goingOn(before, now),
        startedAt: page.startedAt,
        metricLogs,
        failed: new Map(
          page.failed.map(([id, error]) => [
            id,
            'code' in error ? error : { name: error.name, ...message('shared.foreign', { text: error.message }) },
          ]),
        ),
      };
      this.#host.setDraft(info.config);
      this.#host.store.setState((s) => ({
        runs: {
          ...withSession(s.runs, session, 'compiling'),
          broke: null,
          watchText: page.watchText,
          samplePrompts: page.samplePrompts,
        },
      }));
      this.#follow(metricLogs, () => Promise.resolve(info.dataHash));
      if (info.data?.recipe)
        void this.#host.restoreData({ name: info.data.name, recipe: info.data.recipe }, { train, validation });
      await this.#host.train.request({
        type: 'restore',
        state,
        ...(thriftier && { thriftier }),
        train,
        validation,
        samplePrompts: await templatedPrompts(page.samplePrompts, page, this.#host.applyChatTemplate),
      });
      const last = before.at(-1);
      if (last && !sameBits(last, now))
        this.#host.say('warning', {
          name: 'Warning',
          ...message('store.resume.wentOn', { began: calledDevice(last), goesOn: calledDevice(now) }),
        });
      if (page.watchText !== null) await this.#host.train.request({ type: 'watch-text', text: page.watchText });
    } catch (error) {
      this.#host.flush();
      if (this.#s.runs.phase === 'compiling')
        this.#host.store.setState((s) => ({ runs: { ...s.runs, phase: 'failed', progress: null } }));
      this.#metricLogs = null;
      this.#patch({ offer });
      this.#host.say('error', toErrorInfo(error));
    } finally {
      this.#patch({ resuming: false });
    }
  }

  /** Forgets the interrupted run. */
  async discard(): Promise<void> {
    this.#patch({ offer: null, damaged: false });
    await this.#quietly(() => this.#host.keep.request({ type: 'clear-checkpoint' }));
    await this.#host.sweepData();
  }

  /** The tab is hidden now, or seen again. Whatever the browser does to it meanwhile, the checkpoint is fresh. */
  visible(shown: boolean): void {
    const { session, phase } = this.#s.runs;
    if (!shown) {
      this.#hidden =
        session && isLive(phase) && phase !== 'paused'
          ? { at: Date.now(), steps: stepsOf(session).done, msPerStep: paceOf(session) }
          : null;
      void this.save();
      return;
    }
    const hidden = this.#hidden;
    this.#hidden = null;
    if (!hidden || !session) return;
    this.#host.flush();
    const ms = Date.now() - hidden.at;
    if (ms < AWAY) return;
    // Time that the browser held the run back is no step time.
    session.metricLogs.forEach((h) => h.breakTiming());
    const steps = stepsOf(session).done - hidden.steps;
    const could = hidden.msPerStep === null || !isLive(this.#s.runs.phase) ? null : ms / hidden.msPerStep;
    this.#patch({
      away: { ms, steps, slower: could !== null && could >= 4 && steps < could * SLOWED ? steps / could : null },
    });
  }

  async #quietly(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#patch({ problem: toErrorInfo(error) });
    }
  }

  get #s(): State {
    return this.#host.store.getState();
  }

  #patch(patch: Partial<KeepSlice>): void {
    this.#host.store.setState((s) => ({ keep: { ...s.keep, ...patch } }));
  }
}
