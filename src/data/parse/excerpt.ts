/** The beginning of a text, on one line, for messages. */
export function excerpt(text: string, length = 60): string {
  // Control characters would break the line or hide the rest of it.
  const flat = text
    .slice(0, length)
    .replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ')
    .trim();
  return text.length > length ? `${flat}…` : flat;
}
