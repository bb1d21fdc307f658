/** Worker for templates that come with models and data: whatever they do, it is here, and it can be ended. */
import { type CompiledChatTemplate, compileChatTemplate } from '../hub/chatTemplate';
import { toErrorInfo } from '../shared/errors';
import type { TemplateEvent, TemplateRequest } from './protocol';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const post = (event: TemplateEvent) => scope.postMessage(event);

let last: { key: string; compiled: CompiledChatTemplate } | null = null;

scope.onmessage = async ({ data: { template, chats, as } }: MessageEvent<TemplateRequest>) => {
  try {
    const key = JSON.stringify(template);
    if (last?.key !== key) last = { key, compiled: compileChatTemplate(template, () => post({ kind: 'alive' })) };
    for (const turns of chats) post({ kind: 'rendered', chat: last.compiled[as](turns) });
  } catch (error) {
    post({ kind: 'failed', error: toErrorInfo(error) });
  }
};
