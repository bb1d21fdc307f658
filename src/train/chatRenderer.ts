/** Owns the template worker: renders chats in it, and ends it when a template does not come to an end. */
import { Cancelled } from '../data/pace';
import { appBase } from '../hub/source';
import type { ChatTemplate, RenderChats, RenderedChat, Turn } from '../shared/data';
import { DataError } from '../shared/errors';
import { type LiveWorker, type WorkerErrorEvent, startWorker, whyStopped } from '../shared/startWorker';
import { message } from '../shared/message';
import { Lock } from './lock';
import type { TemplateEvent, TemplateRequest } from './protocol';
import script from './templateWorker.ts?worker&url';

/** What one rendering may take, in ms, and a chat, which takes two for every answer. */
const RENDER_LIMIT = 1000;
const CHAT_LIMIT = 20 * RENDER_LIMIT;

export class ChatRenderer {
  readonly #lock = new Lock();
  #worker: LiveWorker | null = null;

  /**
   * Renders what it is given, one request after the other; one that is ended leaves those behind it alone.
   * @param signal ends it, and fails with {Cancelled}
   */
  rendering(signal?: AbortSignal): RenderChats {
    return (template, chats, as) => this.#lock.run(() => this.#render(template, chats, as, signal));
  }

  #render(
    template: ChatTemplate,
    chats: readonly (readonly Turn[])[],
    as: TemplateRequest['as'],
    signal?: AbortSignal,
  ): Promise<RenderedChat[]> {
    if (signal?.aborted) return Promise.reject(new Cancelled());
    if (chats.length === 0) return Promise.resolve([]);
    const worker = (this.#worker ??= startWorker(script, appBase(), 'template'));
    return new Promise((resolve, reject) => {
      const rendered: RenderedChat[] = [];
      const heard = new AbortController();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        heard.abort();
        signal?.removeEventListener('abort', cancel);
        settle();
      };
      const kill = (error: Error) => {
        worker.terminate();
        this.#worker = null;
        end(() => reject(error));
      };
      const cancel = () => kill(new Cancelled());
      signal?.addEventListener('abort', cancel);
      let begun = 0;
      const tooLong = () => kill(new DataError(message('train.chatTemplate.slow', { seconds: RENDER_LIMIT / 1000 })));
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(tooLong, Math.min(RENDER_LIMIT, begun + CHAT_LIMIT - performance.now()));
      };
      const hear = ({ data: event }: MessageEvent<TemplateEvent>) => {
        if (event.kind === 'failed') {
          end(() => reject(new DataError(event.error)));
          return;
        }
        if (event.kind === 'rendered') {
          rendered.push(event.chat);
          begun = performance.now();
        }
        if (rendered.length === chats.length) end(() => resolve(rendered));
        else wait();
      };
      worker.addEventListener('message', hear, { signal: heard.signal });
      // A template's own errors come as answers: what comes here is a worker that does not start.
      const stopped = (event: WorkerErrorEvent) => {
        event.preventDefault();
        kill(new DataError(message('train.chatTemplate.worker', { why: whyStopped(event) })));
      };
      worker.addEventListener('error', stopped, { signal: heard.signal });
      worker.postMessage({ template, chats, as } satisfies TemplateRequest);
      void worker.alive.then(() => {
        begun = performance.now();
        wait();
      });
    });
  }
}
