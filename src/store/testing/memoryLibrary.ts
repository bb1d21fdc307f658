/** A library that forgets: for tests, which may look into it and share it between two pages. */
import type { Cell, Experiment } from '../../shared/experiment';
import { cellKey } from '../../shared/experiment';
import { type Library, type ExperimentData, readAll } from '../experiments/library';

export class MemoryLibrary implements Library {
  readonly experiments = new Map<string, Experiment>();
  readonly cells = new Map<string, Cell>();
  readonly kept = new Map<string, ExperimentData>();

  all(): ReturnType<Library['all']> {
    return Promise.resolve(readAll([...this.experiments.values()], [...this.cells.values()]));
  }

  saveExperiment(experiment: Experiment): Promise<void> {
    this.experiments.set(experiment.id, experiment);
    return Promise.resolve();
  }

  saveCells(cells: readonly Cell[]): Promise<void> {
    for (const c of cells) this.cells.set(cellKey(c), c);
    return Promise.resolve();
  }

  saveData(id: string, data: ExperimentData): Promise<void> {
    this.kept.set(id, data);
    return Promise.resolve();
  }

  data(id: string): Promise<ExperimentData | null> {
    return Promise.resolve(this.kept.get(id) ?? null);
  }

  remove(id: string): Promise<void> {
    this.experiments.delete(id);
    this.kept.delete(id);
    for (const key of this.cells.keys()) if (key.startsWith(`${id}/`)) this.cells.delete(key);
    return Promise.resolve();
  }
}
