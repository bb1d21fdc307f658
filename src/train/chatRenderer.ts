/** Owns the template worker: renders chats in it, and ends it when a template does not come to an end. */
import { appBase } from '../hub/source';
import type { ChatTemplate, RenderChats, RenderedChat, Turn } from '../shared/data';
import { DataError } from '../shared/errors';
import { Lock } from './lock';
import type { TemplateEvent, TemplateRequest } from './protocol';
import script from './templateWorker.ts?worker&url';

/** What one rendering may take, in ms, and all that are asked for together. */
export const RENDER_LIMIT = 1000;
const TOTAL_LIMIT = 20 * RENDER_LIMIT;

/** A worker under the page's own Content-Security-Policy, which one that is started from a blob inherits. */
function startWorker(): Worker {
  const blob = new Blob([`import ${JSON.stringify(new URL(script, appBase()).href)};`], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(blob), { type: 'module', name: 'template' });
}

export class ChatRenderer {
  readonly #lock = new Lock();
  readonly #start: () => Worker;
  #worker: Worker | null = null;

  constructor(start: () => Worker = startWorker) {
    this.#start = start;
  }

  /** See `RenderChats`. One after the other; a template that is ended leaves those that wait behind it alone. */
  readonly render: RenderChats = (template, chats, as) => this.#lock.run(() => this.#render(template, chats, as));

  #render(template: ChatTemplate, chats: readonly (readonly Turn[])[], as: TemplateRequest['as']): Promise<RenderedChat[]> {
    if (chats.length === 0) return Promise.resolve([]);
    const fresh = this.#worker === null;
    const worker = this.#worker ??= this.#start();
    return new Promise((resolve, reject) => {
      const rendered: RenderedChat[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        worker.onmessage = worker.onerror = null;
        settle();
      };
      const kill = (error: DataError) => {
        worker.terminate();
        this.#worker = null;
        end(() => reject(error));
      };
      let asked = 0;
      const tooLong = () => kill(new DataError(`The chat template was not done after ${RENDER_LIMIT / 1000} s, so it was stopped.`, 'Use the plain template, or another model.'));
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(tooLong, Math.min(RENDER_LIMIT, asked + TOTAL_LIMIT - performance.now()));
      };
      const ask = () => {
        asked = performance.now();
        worker.postMessage({ template, chats, as } satisfies TemplateRequest);
        wait();
      };
      worker.onmessage = ({ data: event }: MessageEvent<TemplateEvent>) => {
        if (event.kind === 'ready') ask();
        else if (event.kind === 'failed') end(() => reject(new DataError(event.error.message, event.error.hint)));
        else {
          wait();
          if (event.kind === 'rendered' && rendered.push(event.chat) === chats.length) end(() => resolve(rendered));
        }
      };
      // A template's own errors come as answers: what comes here is the script that does not load.
      worker.onerror = (event) => {
        event.preventDefault();
        kill(new DataError(`The template worker stopped: ${event.message || 'its script could not be loaded'}.`, 'Reload the page.'));
      };
      if (!fresh) ask();
    });
  }
}
