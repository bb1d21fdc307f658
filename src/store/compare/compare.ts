/** What a person can do under Compare, as commands: choosing what is compared, asking all of them, voting blindly. */
import { z } from '../../shared/zod';
import { SieveError, messageOf } from '../../shared/errors';
import { type Message, message } from '../../shared/message';
import type { Names } from '../../shared/names';
import { DATA_ROLES } from '../../shared/template';
import type { RunId, Sampling } from '../../train/protocol';
import { samplingProblem } from '../checks';
import type { DatasetCommands } from '../dataset';
import type { SavedSessions } from '../savedSessions';
import type { Page } from '../page';
import type { AddedRun, CompareSlice, State } from '../slices';
import type { TrainClient } from '../trainClient';
import { type Box, browserBox } from './box';
import { type Contender, chosen, contenders } from './contenders';
import { MAX_PROMPT_FILE, readPrompts } from './promptFile';
import { type AskedPrompt, validationPrompt, passes } from './prompts';
import {
  type Ballot,
  type Choice,
  MAX_ROUNDS,
  type Side,
  ballotSchema,
  cast,
  firstAt,
  newBallot,
  promptAt,
  verdictOf,
} from './vote';

export interface CompareHost {
  page: Page;
  train: TrainClient;
  data: DatasetCommands;
  saved: SavedSessions;
  flush: () => void;
  names: Names;
  boxes?: CompareBoxes;
}

/** What outlives a visit: the votes, and the ids of the saved sessions that were added. */
export interface CompareBoxes {
  ballot: Box<Ballot>;
  added: Box<string[]>;
}

const browserBoxes: CompareBoxes = {
  ballot: browserBox('sieve-vote', 'votes', ballotSchema),
  added: browserBox('sieve-compare', 'runs added to Compare', z.array(z.string().max(100)).max(100)),
};

/** Rounds in a row that nobody needs to judge, because both write the same, before it stops asking. */
const SAME_IN_A_ROW = 5;

export class Compare {
  readonly #host: CompareHost;
  readonly #boxes: CompareBoxes;
  #cancelled = false;

  constructor(host: CompareHost) {
    this.#host = host;
    this.#boxes = host.boxes ?? browserBoxes;
    this.#patch({ ballot: this.#boxes.ballot.load() });
  }

  // ---- what is compared ----------------------------------------------------------------------------

  setShown(key: string, on: boolean): void {
    const off = new Set(this.#s.compare.off);
    if (on) off.delete(key);
    else off.add(key);
    this.#patch({ off });
  }

  setReference(key: string): void {
    this.#patch({ reference: key });
  }

  /** Adds a saved session with its curves; its adapters are loaded when they are asked. */
  async add(id: string): Promise<void> {
    if (this.#s.compare.reading !== null || this.#s.compare.added.some((a) => a.record.id === id)) return;
    await this.#read([id]);
    this.#saveAdded();
  }

  /** Adds again what an earlier visit had added and what is still kept. To be called once History is read. */
  async restore(): Promise<void> {
    const { compare, keep } = this.#s;
    if (compare.reading !== null || compare.added.length > 0) return;
    await this.#read((this.#boxes.added.load() ?? []).filter((id) => keep.runs.some((r) => r.id === id)));
  }

  async #read(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.#patch({ reading: id });
      await this.#host.page.command('compare', async () => {
        const record = this.#s.keep.runs.find((r) => r.id === id);
        if (!record) throw new SieveError(message('store.saved.gone'));
        const { metricLogs, adapters } = await this.#host.saved.load(id);
        const added: AddedRun = { record, metricLogs, adapters: new Set(adapters.keys()), loaded: {}, refused: {} };
        this.#patch({ added: [...this.#s.compare.added, added] });
      });
    }
    this.#patch({ reading: null });
  }

  #saveAdded(): void {
    this.#boxes.added.save(this.#s.compare.added.map((a) => a.record.id));
  }

  /** Takes a saved session out again, and its adapters off the GPU. */
  async remove(id: string): Promise<void> {
    const gone = this.#s.compare.added.find((a) => a.record.id === id);
    if (!gone) return;
    this.#patch({ added: this.#s.compare.added.filter((a) => a !== gone) });
    this.#saveAdded();
    await this.#host.page.command('compare', async () => {
      for (const runId of Object.values(gone.loaded)) await this.#host.train.request({ type: 'release', runId });
    });
  }

  /**
   * Another model was opened: adapters that were loaded are gone with the last one, and what is on its way is not
   * wanted.
   */
  modelChanged(): void {
    this.#cancelled = true;
    this.#patch({ added: this.#s.compare.added.map((a) => ({ ...a, loaded: {}, refused: {} })), round: null });
  }

  // ---- answers -------------------------------------------------------------------------------------

  setSampling(patch: Partial<Sampling>): void {
    this.#host.page.patch('runs', { sampling: { ...this.#s.runs.sampling, ...patch } });
  }

  /**
   * A prompt of the validation split, as a person would type it; null where there is none, or a chat's template wrote
   * it.
   */
  async suggestion(): Promise<string | null> {
    const found = await validationPrompt(
      this.#host.data,
      () => this.#s,
      () => 0,
    );
    if (!found || found.from === 'raw' || found.from === 'typed') return found?.text ?? null;
    return 'kind' in found.from ? (found.from.values.get(DATA_ROLES[found.from.kind][0].role) ?? null) : null;
  }

  /** Everything that is compared and can answer, its adapters loaded. @throws {SieveError} when that is nobody */
  async #speakers(): Promise<{ contender: Contender; runId: RunId }[]> {
    const shown = () => chosen(contenders(this.#s, this.#host.names), this.#s.compare).shown;
    await this.#load(shown());
    const asked = this.#ready(shown());
    if (asked.length === 0) throw new SieveError(message('store.compare.nobody'));
    return asked;
  }

  /** All of them answer, prompt by prompt, with the same sampling seed; what is written when it is cancelled stays. */
  async answerAll(prompts: readonly string[]): Promise<void> {
    if (!this.#begin('batch')) return;
    const { session } = this.#s.runs;
    const { sampling } = this.#s.runs;
    try {
      const asked = await this.#speakers();
      const answers: Record<RunId, string>[] = [];
      this.#host.page.patch('runs', { batch: { prompts, answers } });
      for (const text of prompts) {
        const written: Record<RunId, string> = {};
        for (const { prompt, runs } of await passes(
          asked,
          { text, from: 'typed' },
          this.#host.data.applyChatTemplate,
        )) {
          if (this.#cancelled) return;
          Object.assign(written, (await this.#host.train.request({ type: 'generate', runs, prompt, sampling })).texts);
        }
        // Another session has taken the place of this one, or it was cut short in the middle of an answer.
        if (this.#cancelled || this.#s.runs.session !== session) return;
        answers.push(written);
        this.#host.page.patch('runs', { batch: { prompts, answers: [...answers] } });
      }
    } catch (error) {
      this.#host.page.report('compare', error);
    } finally {
      this.#patch({ writing: null });
    }
  }

  /** Whether the session's runs, and the base, write the expected answers to the evaluation examples, greedily. */
  async measureWritten(): Promise<void> {
    const { session } = this.#s.runs;
    if (!session || !this.#begin('written')) return;
    try {
      const runs = ['base', ...session.config.runs.map((r) => r.id).filter((id) => !session.failed.has(id))];
      const { evalExamples: examples } = session.config.train;
      const written = await this.#host.train.request({ type: 'written-answers', runs, examples });
      if (this.#s.runs.session === session) this.#host.page.patch('runs', { written });
    } catch (error) {
      this.#host.page.report('compare', error);
    } finally {
      this.#patch({ writing: null });
    }
  }

  /** Prompts of a file that a person gives, answered. */
  async answerFile(file: Blob): Promise<void> {
    let prompts: string[] = [];
    await this.#host.page.command('compare', async () => {
      this.#host.page.dismiss('compare');
      if (file.size > MAX_PROMPT_FILE)
        throw new SieveError(message('store.compare.prompts.big', { kb: MAX_PROMPT_FILE >> 10 }));
      prompts = readPrompts(await file.text());
    });
    if (prompts.length > 0) await this.answerAll(prompts);
  }

  /** Everything that is compared and can answer does so, with the same sampling seed. */
  async answer(typed: string): Promise<void> {
    if (!this.#begin('answers')) return;
    let mine: number | null = null;
    try {
      const asked = await this.#speakers();
      if (this.#cancelled) return;
      this.#host.page.patch('runs', {
        asked: typed,
        answers: Object.fromEntries(asked.map(({ runId }) => [runId, { text: '', done: false }])),
      });
      for (const { prompt, runs } of await passes(
        asked,
        { text: typed, from: 'typed' },
        this.#host.data.applyChatTemplate,
      )) {
        let written: Record<RunId, string> = {};
        if (!this.#cancelled) {
          const { requestId, reply } = this.#host.train.post({
            type: 'generate',
            runs,
            prompt,
            sampling: this.#s.runs.sampling,
          });
          mine = requestId;
          this.#host.page.patch('runs', { generating: requestId });
          ({ texts: written } = await reply);
          this.#host.flush();
          // Another model has been opened meanwhile.
          if (this.#s.runs.generating !== requestId) return;
        }
        const { answers } = this.#s.runs;
        // One that was cancelled before its first token has no text.
        this.#host.page.patch('runs', {
          answers: {
            ...answers,
            ...Object.fromEntries(runs.map((id) => [id, { text: written[id] ?? answers[id]?.text ?? '', done: true }])),
          },
        });
      }
    } catch (error) {
      this.#host.flush();
      this.#host.page.report('compare', error);
    } finally {
      if (this.#s.runs.generating === mine) this.#host.page.patch('runs', { generating: null });
      this.#patch({ writing: null });
    }
  }

  /** Ends what is being written. */
  cancel(): Promise<void> {
    this.#cancelled = true;
    return this.#host.page.command('compare', () => this.#host.train.request({ type: 'cancel-generate' }));
  }

  /** @returns whether it may begin; what is wrong is said */
  #begin(what: NonNullable<CompareSlice['writing']>): boolean {
    const { runs, compare } = this.#s;
    if (compare.writing !== null || runs.generating !== null) return false;
    this.#host.page.dismiss('compare');
    const problem = samplingProblem(runs.sampling);
    if (problem) {
      this.#host.page.report('compare', problem);
      return false;
    }
    this.#cancelled = false;
    this.#patch({ writing: what });
    return true;
  }

  #ready(list: readonly Contender[]): { contender: Contender; runId: RunId }[] {
    return list.flatMap((contender) =>
      contender.voice.kind === 'ready' ? [{ contender, runId: contender.voice.runId }] : [],
    );
  }

  /** Loads the adapters of saved sessions; one that cannot be loaded says why where it stands, and the others go on. */
  async #load(list: readonly Contender[]): Promise<void> {
    const { source } = this.#s.model;
    for (const { voice } of list) {
      if (voice.kind !== 'load' || this.#cancelled) continue;
      const { id, runId } = voice;
      const note = (part: 'loaded' | 'refused', what: Message | RunId) =>
        this.#patch({
          added: this.#s.compare.added.map((a) =>
            a.record.id === id ? { ...a, [part]: { ...a[part], [runId]: what } } : a,
          ),
        });
      try {
        const files = (await this.#host.saved.load(id)).adapters.get(runId);
        if (!files) throw new SieveError(message('store.compare.noAdapter'));
        const { runId: name } = await this.#host.train.request(
          { type: 'import', files, as: null },
          files.map((f) => f.bytes.buffer as ArrayBuffer),
        );
        if (this.#s.model.source === source) note('loaded', name);
      } catch (error) {
        if (this.#s.model.source === source)
          note('refused', message('store.compare.why.notLoaded', { why: messageOf(error) }));
      }
    }
  }

  // ---- the blind vote ------------------------------------------------------------------------------

  /** Begins a vote between two of them. @param own prompts of the voter's own; null = validation examples */
  async beginVote(a: Contender, b: Contender, own: string[] | null): Promise<void> {
    const side = ({ identity, name }: Contender): Side => ({ identity, name });
    this.#keep(newBallot(side(a), side(b), crypto.getRandomValues(new Uint32Array(1))[0], own));
    await this.nextRound();
  }

  /** Who is better in the round that is on; then the next. */
  async vote(choice: Choice): Promise<void> {
    const { ballot, round } = this.#s.compare;
    if (!ballot || !round) return;
    this.#keep(cast(ballot, round.prompt, verdictOf(ballot, choice)));
    await this.nextRound();
  }

  setRevealed(revealed: boolean): void {
    const { ballot } = this.#s.compare;
    if (ballot) this.#keep({ ...ballot, revealed }, this.#s.compare.round);
  }

  /** Throws all votes away. */
  resetVote(): void {
    if (this.#s.compare.writing === 'vote') void this.cancel();
    this.#keep(null);
  }

  #keep(ballot: Ballot | null, round: CompareSlice['round'] = null): void {
    this.#boxes.ballot.save(ballot);
    this.#patch({ ballot, round, voteNote: null });
  }

  /**
   * Has both answer the next prompt, hidden until both are done. Where they write the very same, nobody need be asked.
   */
  async nextRound(): Promise<void> {
    const { ballot } = this.#s.compare;
    if (!ballot || !this.#begin('vote')) return;
    this.#patch({ round: null, voteNote: null });
    try {
      for (let same = 0; same < SAME_IN_A_ROW; same++) {
        const now = this.#s.compare.ballot;
        // Thrown away, or begun again, while this was under way.
        if (!now || now.seed !== ballot.seed || this.#cancelled) return;
        const prompt = await this.#votePrompt(now);
        if (prompt === null) return;
        const written = await this.#both(now, prompt);
        if (written === null || this.#s.compare.ballot !== now) return;
        if (written.x !== written.y) {
          const first = firstAt(now, now.rounds.length);
          this.#patch({
            round: { prompt: prompt.text, answers: first === 'x' ? [written.x, written.y] : [written.y, written.x] },
          });
          return;
        }
        this.#keep(cast(now, prompt.text, 'same'));
      }
      this.#patch({ voteNote: message('store.compare.vote.sameInARow', { n: SAME_IN_A_ROW }) });
    } catch (error) {
      this.#host.page.report('compare', error);
    } finally {
      this.#patch({ writing: null });
    }
  }

  async #votePrompt({ own, seed, rounds: { length: n } }: Ballot): Promise<AskedPrompt | null> {
    if (n >= MAX_ROUNDS) {
      this.#patch({ voteNote: message('store.compare.vote.enough', { n: MAX_ROUNDS }) });
      return null;
    }
    if (own) {
      if (n < own.length) return { text: own[n], from: 'typed' };
      this.#patch({ voteNote: message('store.compare.vote.allJudged') });
      return null;
    }
    const found = await validationPrompt(
      this.#host.data,
      () => this.#s,
      (total) => promptAt(seed, n, total),
    );
    if (!found) throw new SieveError(message('store.compare.noPrompt'));
    return found;
  }

  /** Answers of X and Y; null when it was cancelled. */
  async #both({ x, y }: Ballot, prompt: AskedPrompt): Promise<{ x: string; y: string } | null> {
    const find = ({ identity, name }: Side): Contender => {
      const found = contenders(this.#s, this.#host.names).find((c) => c.identity === identity);
      if (!found) throw new SieveError(message('store.compare.absent', { name }));
      return found;
    };
    await this.#load([find(x), find(y)]);
    const asked = [find(x), find(y)].map((contender) => {
      const { voice, name } = contender;
      if (voice.kind !== 'ready')
        throw new SieveError(message('store.compare.silent', { name, why: voice.kind === 'none' ? voice.why : null }));
      return { contender, runId: voice.runId };
    });
    const written: Record<RunId, string> = {};
    for (const { prompt: words, runs } of await passes(asked, prompt, this.#host.data.applyChatTemplate)) {
      if (this.#cancelled) return null;
      Object.assign(
        written,
        (await this.#host.train.request({ type: 'generate', runs, prompt: words, sampling: this.#s.runs.sampling }))
          .texts,
      );
    }
    if (this.#cancelled) return null;
    return { x: written[asked[0].runId] ?? '', y: written[asked[1].runId] ?? '' };
  }

  get #s(): State {
    return this.#host.page.state;
  }

  #patch(patch: Partial<CompareSlice>): void {
    this.#host.page.patch('compare', patch);
  }
}
