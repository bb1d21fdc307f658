/** What lies between this version of Playwright and the WebDriver BiDi of Firefox ESR. */
/* oxlint-disable no-underscore-dangle -- so Playwright names its insides */
import { renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Browser } from '@playwright/test';

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
}

/** Playwright's end of the connection, which lies in this process. */
interface Connection {
  rawSend(message: Message): void;
  _dispatchMessage(message: object): void;
  _transport: { onmessage(message: Message): void };
}

type Inside = Browser & { _connection: { toImpl(browser: Browser): { _browserSession: { connection: Connection } } } };

/**
 * Makes up for what Playwright 1.65 and Firefox ESR 153 do not have in common. Each part can go once they have.
 * - Every new context sets the colour scheme, and Firefox knows no such command. Where nothing is to be changed
 *   (`colorScheme: null`) it is answered here; asking for a scheme still fails.
 * - Downloads have no id, and Playwright passes over those: their address serves as one, and the file goes where
 *   Playwright looks for it, by the name that was suggested.
 * - Playwright fills a field by setting its value, which React does not notice: text goes in as if it were pasted.
 */
export function bridge(browser: Browser): void {
  const { connection } = (browser as Inside)._connection.toImpl(browser)._browserSession;
  const rawSend = connection.rawSend.bind(connection);
  connection.rawSend = (message) => {
    const features =
      message.method === 'emulation.setMediaFeaturesOverride' ? Object.values(message.params!.features as object) : [];
    if (features.length === 0 || features.some((value) => value !== null)) rawSend(message);
    else setTimeout(() => connection._dispatchMessage({ type: 'success', id: message.id, result: {} }));
  };

  const names = new Map<unknown, string>();
  const { onmessage } = connection._transport;
  connection._transport.onmessage = (message) => {
    const { method, params = {} } = message;
    if (method === 'browsingContext.downloadWillBegin') names.set(params.url, String(params.suggestedFilename));
    if (method === 'browsingContext.downloadEnd' && typeof params.filepath === 'string') {
      const name = names.get(params.url);
      if (name && name !== basename(params.filepath)) renameSync(params.filepath, join(dirname(params.filepath), name));
    }
    if (method?.startsWith('browsingContext.download')) params.download ??= params.url;
    onmessage(message);
  };

  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await newContext(options);
    await context.addInitScript(() => {
      const paste = (text: string) => {
        document.execCommand('insertText', false, text);
      };
      Object.defineProperty(globalThis, '__pw_bidiInsertText', { get: () => paste, set: () => {} });
    });
    return context;
  };
}
