/**
 * The families' fixtures (python/fixtures/families): a tiny model of each, and what transformers and PEFT make of it.
 */
import type { ModuleValues } from '../../engine/adapters/parameters';
import { BaseModel } from '../../engine/base';
import type { Device } from '../../engine/device/device';
import { readModel } from '../../hub/family';
import { readSafetensors } from '../../hub/safetensors';
import { AdapterRun } from '../../engine/adapterRun';
import { ALL_LINEAR, type RunConfig, type TrainConfig } from '../../shared/config';
import { type Fixture, fixtureRun, fixtureTrain, loadFixture } from './fixture';

export const FAMILY_METHODS = ['lora', 'ts-lora', 'dora', 'ts-dora'] as const;
export type FamilyMethod = (typeof FAMILY_METHODS)[number];

const configs = import.meta.glob<unknown>('../../../python/fixtures/families/*/config.json', {
  eager: true,
  import: 'default',
});
const folderOf = (path: string): string => path.split('/').at(-2)!;

/** Every family with a fixture. */
export const FIXTURE_FAMILIES: readonly string[] = Object.keys(configs).map(folderOf).sort();

/** `config.json` of a family, as transformers writes it. */
const configOf = (name: string): unknown => configs[Object.keys(configs).find((path) => folderOf(path) === name)!];

export interface FamilyFixture extends Omit<Fixture, 'modules' | 'method' | 'loss' | 'train'> {
  modules: { name: string; dIn: number; dOut: number }[];
  /** Rows of batch 0 whose adapted logits are stored. */
  logitRows: number[];
  methods: Record<FamilyMethod, { loss: number; train: { batch: number[]; loss: number[]; gradNorm: number[] } }>;
}

export const loadFamily = async (name: string): Promise<FamilyFixture> =>
  (await loadFixture(`families/${name}/twin`)) as unknown as FamilyFixture;

/** The family's tiny model on a device. */
export async function openFamily(device: Device, name: string): Promise<BaseModel> {
  const file = await fetch(`/python/fixtures/families/${name}/model.safetensors`);
  const weights = readSafetensors(new Uint8Array(await file.arrayBuffer()));
  return new BaseModel(device, readModel(configOf(name)), (tensor) => weights.get(tensor).data);
}

/** What the twin trained, and how: every linear layer of the layers. */
export function familyConfigs(f: FamilyFixture, method: FamilyMethod): { run: RunConfig; train: TrainConfig } {
  const { lambdaBar, tauStep, tauWarmup } = f.settings;
  const run = fixtureRun({
    id: method,
    name: method,
    method,
    rank: f.rank,
    alpha: f.alpha,
    modules: [ALL_LINEAR],
    gate: method.startsWith('ts-') ? { lambdaBar, tauStep, tauWarmup } : {},
  });
  return { run, train: fixtureTrain(f.settings) };
}

/**
 * A flat tensor of the fixture (A, B and, where `extra`, m of every module behind one another) by the modules' paths.
 */
export function flatModules(f: FamilyFixture, tensor: string, extra: boolean): Map<string, ModuleValues> {
  const values = f.floats(tensor);
  let at = 0;
  const take = (length: number) => values.subarray(at, (at += length));
  return new Map(
    f.modules.map(({ name, dIn, dOut }) => {
      const [a, b] = [take(f.rank * dIn), take(dOut * f.rank)];
      return [name, extra ? { a, b, extra: take(dOut) } : { a, b }];
    }),
  );
}

/** The adapter at the start, by the modules' paths. */
function startModules(f: FamilyFixture, method: FamilyMethod): Map<string, ModuleValues> {
  const start = flatModules(f, 'init', false);
  if (!method.endsWith('dora')) return start;
  const magnitudes = f.floats('initM');
  let at = 0;
  for (const { name, dOut } of f.modules) start.get(name)!.extra = magnitudes.subarray(at, (at += dOut));
  return start;
}

/** Values that the fixture has per module, in the order of `paths`. */
export const perModule = (f: FamilyFixture, values: ArrayLike<number>, paths: readonly string[]): number[] =>
  paths.map((path) => values[f.modules.findIndex(({ name }) => name === path)]);

/** Puts the fixture's A, B, magnitudes and thresholds into a fresh adapter of the method. */
export async function loadStart(f: FamilyFixture, method: FamilyMethod, adapter: AdapterRun): Promise<void> {
  const paths = adapter.modules.map(({ path }) => path);
  const start = startModules(f, method);
  adapter.load(paths.map((path) => start.get(path)!));
  if (f.has(`${method}.tau`))
    adapter.method.setThresholds(Float32Array.from(perModule(f, f.floats(`${method}.tau`), paths)));
  await adapter.refresh();
}

/** An adapter of the method at the fixture's start, outside of any training. */
export async function startAdapter(f: FamilyFixture, base: BaseModel, method: FamilyMethod): Promise<AdapterRun> {
  const { run, train } = familyConfigs(f, method);
  const adapter = new AdapterRun(base, run, train);
  await adapter.init();
  await loadStart(f, method, adapter);
  return adapter;
}
