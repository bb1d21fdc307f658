/** Tests read errors in words, as a person does. */
import { describeErrors } from '../errors';
import { isMessage } from '../message';
import { speakOfErrors } from '../texts';
import { say } from '../texts/say';

await speakOfErrors();
describeErrors(say);

/** A value with words in the place of its messages, however deep they lie. */
export function inWords(value: unknown): unknown {
  if (isMessage(value)) return say(value);
  if (Array.isArray(value)) return value.map(inWords);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inWords(part)]));
}
