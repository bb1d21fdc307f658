/** The sample sets that ship with the page, as its host has them. */
import type { OwnFile, SampleSet } from '../shared/data';
import { DataError } from '../shared/errors';
import { message } from '../shared/message';

/** @param baseUrl where `datasets/` lies. @throws {DataError} when the list cannot be had */
export async function fetchSamples(baseUrl: string): Promise<SampleSet[]> {
  const response = await fetch(`${baseUrl}datasets/index.json`);
  // A host that answers unknown paths with its start page says 200 and sends HTML.
  if (!response.ok || !response.headers.get('content-type')?.includes('json'))
    throw new DataError(message('store.data.sampleList', { status: response.status }));
  return (await response.json()) as SampleSet[];
}

/** The file of one of them. @throws {DataError} when there is none, or it cannot be had */
export async function fetchSample(baseUrl: string, samples: readonly SampleSet[], id: string): Promise<OwnFile> {
  const sample = samples.find((x) => x.id === id);
  if (!sample) throw new DataError(message('store.data.noSample', { id }));
  const response = await fetch(`${baseUrl}datasets/${sample.file}`);
  if (!response.ok) throw new DataError(message('store.data.sample', { status: response.status }));
  return { path: sample.file, file: await response.blob() };
}
