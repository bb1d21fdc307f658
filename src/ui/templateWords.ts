/** Prompt templates where settings are listed. */
import type { PromptTemplate } from '../shared/data';
import { texts } from '../shared/texts';

/** What is said of a template where settings are listed; `chat` is null unless it is a model's own. */
export function templateWords({ prompt, completion, chat }: PromptTemplate): {
  prompt: string;
  completion: string;
  chat: string | null;
} {
  const t = texts().compare.settings;
  if (!chat) return { prompt: prompt || t.none, completion: completion || t.none, chat: null };
  const own = t.own(chat.name);
  return { prompt: own, completion: own, chat: chat.source };
}
