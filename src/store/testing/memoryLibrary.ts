/** A library that forgets: for tests, which may look into it and share it between two pages. */
import type { Cell, Study } from '../../shared/study';
import { cellKey } from '../../shared/study';
import { type Library, type StudyData, readAll } from '../studies/library';

export class MemoryLibrary implements Library {
  readonly studies = new Map<string, Study>();
  readonly cells = new Map<string, Cell>();
  readonly kept = new Map<string, StudyData>();

  all(): ReturnType<Library['all']> {
    return Promise.resolve(readAll([...this.studies.values()], [...this.cells.values()]));
  }

  saveStudy(study: Study): Promise<void> {
    this.studies.set(study.id, study);
    return Promise.resolve();
  }

  saveCells(cells: readonly Cell[]): Promise<void> {
    for (const c of cells) this.cells.set(cellKey(c), c);
    return Promise.resolve();
  }

  saveData(id: string, data: StudyData): Promise<void> {
    this.kept.set(id, data);
    return Promise.resolve();
  }

  data(id: string): Promise<StudyData | null> {
    return Promise.resolve(this.kept.get(id) ?? null);
  }

  remove(id: string): Promise<void> {
    this.studies.delete(id);
    this.kept.delete(id);
    for (const key of this.cells.keys()) if (key.startsWith(`${id}/`)) this.cells.delete(key);
    return Promise.resolve();
  }
}
