/**
 * Settings that leave the page and come back: as a JSON file, and as a link. Both carry the experiment with its seed,
 * never data. What comes in is checked by schema; a link is short, has a checksum, and is read in bounded memory.
 */
import { deflateSync, inflateSync } from 'fflate';
import { fromBase64, toBase64 } from '../../shared/base64';
import { z } from '../../shared/zod';
import { type SessionConfig, sessionSchema, problemOf } from '../../shared/config';
import { ConfigError } from '../../shared/errors';
import { fnv1a } from '../../shared/fnv1a';
import { renamed } from '../../shared/formerNames';
import { message } from '../../shared/message';
import { OWN_GROUPS } from '../../shared/methods';
import { type GroupName, type RunGroup, settingsOf } from '../../shared/settings';
import { CONFIG_VERSION, configOfVersion2, formerConfig } from '../../shared/settings/versions';
import { changed, pick } from './changes';

/** Raised when a default changes or a field is renamed: a link says only what differs. */
const VERSION = CONFIG_VERSION;
/** Largest file of settings, in bytes, and most characters of them in a link. */
export const MAX_SETTINGS_FILE = 256 << 10;
export const MAX_LINK = 4000;
/** Inflated at most, in bytes. */
const MAX_INFLATED = 64 << 10;
/** The address's parameter. */
export const LINK_KEY = 'config';

const fileSchema = z.strictObject({
  format: z.literal('sieve-config'),
  version: z.literal(VERSION),
  config: sessionSchema,
});

/** How the settings of each earlier version are read. */
const FORMER: Readonly<Record<string, (config: unknown) => unknown>> = { 1: formerConfig, 2: configOfVersion2 };

/** A file of an earlier version, as this version writes it. */
const formerFile = (file: unknown, read: (config: unknown) => unknown): unknown =>
  renamed(file, { experiment: 'config' }, { version: () => VERSION, config: read });

/** All settings as a file's text. */
export function settingsFile(config: SessionConfig): string {
  return `${JSON.stringify({ format: 'sieve-config', version: VERSION, config }, null, 1)}\n`;
}

/** @throws {ConfigError} when it is no such file, naming the place and what is wrong there */
export function readSettings(text: string): SessionConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(message('store.settings.noJson', { why: (error as Error).message }));
  }
  const head = z.looseObject({ format: z.unknown(), version: z.unknown() }).safeParse(value);
  if (!head.success || head.data.format !== 'sieve-config') throw new ConfigError(message('store.settings.foreign'));
  const { version } = head.data;
  const former = typeof version === 'number' ? FORMER[version] : undefined;
  if (version !== VERSION && !former)
    throw new ConfigError(message('store.settings.version', { ours: VERSION, theirs: JSON.stringify(version) }));
  const result = fileSchema.safeParse(former ? formerFile(value, former) : value);
  if (result.success) return result.data.config;
  const { path, message: problem } = problemOf(result.error.issues[0]);
  throw new ConfigError(message('store.settings.wrong', { path, problem }));
}

const toText = (bytes: Uint8Array) => toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

function toBytes(text: string): Uint8Array {
  if (!/^[\w-]+$/.test(text)) throw damaged();
  try {
    return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    // Characters are right, so its length is not.
    throw damaged();
  }
}

const damaged = () => new ConfigError(message('store.settings.damagedLink'));

/**
 * The settings as they stand in a link: version, checksum, and deflated JSON of what differs from the defaults.
 * @throws {ConfigError} when that is too long
 */
export function settingsLink({ train, runs }: SessionConfig): string {
  const differing = (group: GroupName, values: object) => pick(changed(settingsOf(group), values), values);
  /** Only of groups that differ at all. */
  const ofGroup = (group: RunGroup, values: object) => {
    const lean = differing(group, values);
    return Object.keys(lean).length > 0 ? { [group]: lean } : {};
  };
  const lean = {
    train: differing('train', train),
    runs: runs.map((run) => ({
      id: run.id,
      name: run.name,
      method: run.method,
      ...differing('run', run),
      ...ofGroup('gate', run.gate),
      ...Object.assign({}, ...OWN_GROUPS.map((group) => ofGroup(group, run[group]))),
    })),
  };
  const json = new TextEncoder().encode(JSON.stringify(lean));
  const packed = deflateSync(json, { level: 9 });
  const bytes = new Uint8Array(packed.length + 4);
  // Tells a link that was cut or mistyped.
  new DataView(bytes.buffer).setUint32(0, fnv1a(json));
  bytes.set(packed, 4);
  const link = `${VERSION}.${toText(bytes)}`;
  if (link.length > MAX_LINK || json.length > MAX_INFLATED)
    throw new ConfigError(message('store.settings.tooLongForLink'));
  return link;
}

/** @throws {ConfigError} when the link is damaged, too long, of another version, or says what cannot be trained */
export function readLink(link: string): SessionConfig {
  if (link.length > MAX_LINK) throw new ConfigError(message('store.settings.longLink', { most: MAX_LINK }));
  const [version, text, ...more] = link.split('.');
  if (text === undefined || more.length > 0) throw damaged();
  const former = Object.hasOwn(FORMER, version) ? FORMER[version] : undefined;
  if (version !== String(VERSION) && !former) throw new ConfigError(message('store.settings.linkVersion'));
  const bytes = toBytes(text);
  if (bytes.length < 5) throw damaged();
  let json: Uint8Array;
  let value: unknown;
  try {
    // Into a buffer of fixed size: what is longer is cut there, and fails the checksum.
    json = inflateSync(bytes.subarray(4), { out: new Uint8Array(MAX_INFLATED) });
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    // Whatever it stumbled over says nothing to a person.
    throw damaged();
  }
  if (fnv1a(json) !== new DataView(bytes.buffer).getUint32(0)) throw damaged();
  const result = sessionSchema.safeParse(former ? former(value) : value);
  if (result.success) return result.data;
  const { path, message: problem } = problemOf(result.error.issues[0]);
  throw new ConfigError(message('store.settings.wrongInLink', { path, problem }));
}
