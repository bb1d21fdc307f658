/** A sentence that was put together around names, without spaces between two Chinese words or before a sign. */
export const tidy = (sentence: string): string =>
  sentence.replaceAll(/(?<=[\p{Script=Han}，：（）]) (?=\p{Script=Han})| (?=[，。：（）])/gu, '');
