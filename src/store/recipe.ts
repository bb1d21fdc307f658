/** A data set as it stands under Data, and the recipe from which it can be made again. */
import type { DataRecipe, SourceFile } from '../shared/dataRecipe';
import { type DatasetSlice, initialState, noDecisions } from './slices';

const CHOSEN = [
  'mapping',
  'ownMapping',
  'template',
  'chatChoice',
  'completionOnly',
  'validationShare',
  'seed',
  'maxExamples',
  'stratify',
  'decisions',
] as const;

/** What goes with a data set that was open. */
export const nothingOpen = () =>
  ({
    parsed: null,
    mapping: null,
    ownMapping: false,
    decisions: noDecisions(),
    past: [],
    progress: null,
    preparing: false,
    report: null,
    preview: [],
    previewFrom: 0,
    train: null,
    validation: null,
  }) satisfies Partial<DatasetSlice>;

/** Null where none is open. @param files what it was read from */
export function recipeOf(dataset: DatasetSlice, files: SourceFile[]): DataRecipe | null {
  const { origin, choices } = dataset;
  if (!origin || !dataset.mapping) return null;
  return { origin, files, choices, ...Object.fromEntries(CHOSEN.map((key) => [key, dataset[key]])) } as DataRecipe;
}

/** What was chosen about it, how it is read aside. */
export function chosenIn(recipe: DataRecipe): Partial<DatasetSlice> {
  return Object.fromEntries(CHOSEN.map((key) => [key, recipe[key]]));
}

/** Everything by which two states of it differ in their recipes, files aside; compared one by one. */
export function choicesOf(dataset: DatasetSlice): unknown[] {
  return [dataset.wanted, dataset.origin, dataset.parsed, dataset.choices, ...CHOSEN.map((key) => dataset[key])];
}

/** Whether it is the first sample set as the page opens it by itself. */
export function asAtStart(dataset: DatasetSlice): boolean {
  const { samples, origin, ownMapping, past } = dataset;
  const start = initialState().dataset;
  const plain = (
    ['choices', 'completionOnly', 'validationShare', 'seed', 'maxExamples', 'stratify', 'chatChoice'] as const
  ).every((key) => dataset[key] === start[key]);
  return plain && origin?.kind === 'sample' && origin.id === samples[0]?.id && !ownMapping && past.length === 0;
}
