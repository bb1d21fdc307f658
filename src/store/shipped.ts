/** The models and sample sets that ship with the page, as its host lists them. */
import type { OwnFile, SampleSet, Shipped } from '../shared/data';
import { DataError, SieveError } from '../shared/errors';
import { type Message, message } from '../shared/message';

/** @param baseUrl where `datasets/` lies. @throws {SieveError} when the list cannot be had */
export function fetchSamples(baseUrl: string): Promise<SampleSet[]> {
  return fetchList(`${baseUrl}datasets/index.json`, (status) => message('store.data.sampleList', { status }));
}

/**
 * The models, the one that opens by itself first. @param baseUrl where `models/` lies. @throws {SieveError} when the
 * list cannot be had
 */
export function fetchModels(baseUrl: string): Promise<Shipped[]> {
  return fetchList(`${baseUrl}models/index.json`, (status) => message('store.modelList', { status }));
}

async function fetchList<T extends Shipped>(url: string, refusal: (status: number) => Message): Promise<T[]> {
  const response = await fetch(url);
  // A host that answers unknown paths with its start page says 200 and sends HTML.
  if (!response.ok || !response.headers.get('content-type')?.includes('json'))
    throw new SieveError(refusal(response.status));
  return (await response.json()) as T[];
}

/** The file of one of them. @throws {DataError} when there is none, or it cannot be had */
export async function fetchSample(baseUrl: string, samples: readonly SampleSet[], id: string): Promise<OwnFile> {
  const sample = samples.find((x) => x.id === id);
  if (!sample) throw new DataError(message('store.data.noSample', { id }));
  const response = await fetch(`${baseUrl}datasets/${sample.file}`);
  if (!response.ok) throw new DataError(message('store.data.sample', { status: response.status }));
  return { path: sample.file, file: await response.blob() };
}
