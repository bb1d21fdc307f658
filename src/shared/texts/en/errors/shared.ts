/** Errors of shared/. */
import { setting } from './setting';

export const shared = {
  setting,
  /** What another program's error says; it stays as it is. */
  foreign: ({ text }: { text: string }) => ({ message: text }),
  /** @param problem words that follow the field's name */
  badSetting: ({ path, problem }: { path: string; problem: string }) => ({
    message: `${path || 'configuration'}: ${problem}`,
    hint: 'Correct that field and try again.',
  }),
  templateRole: ({ role, known }: { role: string; known: string }) => ({
    message: `The template names {${role}}, but this data has ${known}.`,
    hint: 'Use one of these names, or change the kind of data.',
  }),
  dataKind: ({ kind, known }: { kind: string; known: string }) => ({
    message: `“${kind}” is not a kind of data.`,
    hint: `Choose one of: ${known}.`,
  }),
  roleWithoutColumn: ({ role }: { role: string }) => ({
    message: `No column is chosen for “${role}”.`,
    hint: 'Choose the column that holds it.',
  }),
  noColumn: ({ column, role, columns }: { column: string; role: string; columns: string }) => ({
    message: `There is no column “${column}” (wanted for “${role}”).`,
    hint: `The columns are: ${columns}.`,
  }),
  /** Its storage is forbidden. */
  siteData: {
    message: 'This browser does not let the page save anything.',
    hint: 'A private window or a strict setting forbids it. Export what you want to keep.',
  },
  workerEnded: 'it ended without an error',
  workerStuck: 'the browser never came back from starting another worker for it',
  workerSilent: ({ tries }: { tries: number }) => `it did not start in ${tries} tries`,
  workerStart: ({ tries }: { tries: number }) => ({
    message: `A worker of this page did not start in ${tries} tries.`,
    hint: 'Try again, or reload the page; other tabs may be using up the memory.',
  }),
  zip: {
    entries: ({ n }: { n: number }) => `it has ${n} entries`,
    directory: 'its directory is broken',
  },
};
