/**
 * What columns of text data are called, in the languages that people bring them in: one list for header and meaning.
 */

/**
 * Meanings that a name can have. `asked` and `answer` are the two halves of a pair; `first` and `second` the two texts
 * of a comparison; `passage` is what a question is about.
 */
const MEANINGS = [
  'messages',
  'instruction',
  'input',
  'asked',
  'answer',
  'text',
  'first',
  'second',
  'passage',
  'system',
  'history',
  'tools',
  'label',
  'chosen',
  'rejected',
  'id',
  'other',
] as const;
export type Meaning = (typeof MEANINGS)[number];

/** Of two names of one meaning the one that stands further in front is preferred. */
const NAMES: Record<Meaning, string> = {
  messages:
    'messages conversations conversation dialog dialogue dialogs dialogues chat chats turns utterances contents data 对话 消息 会话 聊天 gespräch nachrichten',
  instruction:
    'instruction instructions task command 指令 指示 任务 instruktion anweisung aufgabe consigne instrucción instrucao instrução istruzione инструкция',
  input: 'input inputs 输入 eingabe entrée entrada ввод',
  asked: `prompt question query user human source input problem src request ask prompts questions source_text input_text user_input anchor
    问题 提问 提示 提示词 问 题目 源文 原文 输入 frage fragen anfrage quelle demande requête pregunta consulta pergunta domanda вопрос запрос 質問 問題 질문`,
  answer: `completion response answer output target assistant reply solution answers responses chosen gpt bot model_answer best_answer correct_answer answer_key answerkey
    target_text output_text summary highlights translation tgt completions outputs
    回答 答案 答复 输出 回复 响应 解答 答 译文 摘要 antwort antworten ausgabe lösung ziel réponse reponse sortie respuesta salida resposta saída
    risposta ответ вывод 回答 答え 解答 답변 대답`,
  text: `text sentence review content message comment story tweet sms body document doc article post title abstract utterance sentence_text essay
    phrase paragraph review_text reviewtext clean_text full_text news headline description v2 statement
    文本 内容 正文 句子 评论 文章 标题 评价 text_de satz inhalt nachricht kommentar bewertungstext rezension texte phrase commentaire avis
    texto contenido frase comentario reseña mensaje conteúdo testo recensione текст отзыв предложение 本文 テキスト 文章 文 텍스트 문장 내용`,
  first:
    'premise sentence1 sentence_1 question1 question_1 text1 text_1 text_a sentence_a s1 claim statement1 first 1_string 前提 句子1 句1 prämisse satz1',
  second:
    'hypothesis sentence2 sentence_2 question2 question_2 text2 text_2 text_b sentence_b s2 second evidence 2_string 假设 句子2 句2 hypothese satz2',
  passage:
    'context passage paragraph background article document story evidence support contexts knowledge reference 上下文 背景 材料 段落 文章 kontext absatz contexte contexto contesto контекст 文脈 지문',
  system: 'system system_prompt system_message systemprompt 系统 系统提示 系统提示词',
  history: 'history chat_history past 历史 对话历史 verlauf',
  tools: 'tools functions available_tools 工具',
  label: `label labels class category sentiment emotion feeling intent topic tag rating score gold_label coarse_label is_duplicate polarity stars
    target_label airline_sentiment v1 verdict is_spam spam toxicity grade type class_label label_text judgment judgement quality
    relevance kennzeichnung
    标签 类别 分类 情感 情绪 意图 主题 评分 类 标注 etikett klasse kategorie stimmung gefühl bewertung thema étiquette etiquette classe catégorie
    categorie sentiment_label etiqueta clase categoría sentimiento categoria rótulo etichetta метка класс категория тональность оценка ラベル 分類 感情 라벨 레이블 감정`,
  chosen:
    'chosen response_j chosen_response response_chosen preferred winner win better accepted positive_response positive response_w y_w 选中 优选 接受',
  rejected:
    'rejected response_k rejected_response response_rejected dispreferred loser lose worse negative_response negative response_l y_l 拒绝 劣选',
  id: `id idx index uid guid 1_id 2_id pairid promptid row row_id rowid number nr unnamed:_0 __index_level_0__ key uuid qid example_id question_id
    编号 序号 索引 nummer lfd_nr numéro número индекс 番号 번호`,
  other: `value wert date time url author name language lang genre source_dataset split length difficulty annotator_labels explanation reason
    rationale meta metadata timestamp 日期 时间 作者 语言 datum zeit autor sprache werte klassen`,
};

const BY_NAME = new Map<string, Meaning[]>();
for (const meaning of MEANINGS) {
  for (const name of NAMES[meaning].split(/\s+/)) BY_NAME.set(name, [...(BY_NAME.get(name) ?? []), meaning]);
}
const ORDER = new Map(
  MEANINGS.map((meaning) => [meaning, new Map(NAMES[meaning].split(/\s+/).map((name, i) => [name, i]))]),
);

/** A longer one is a text and no name. */
const LONGEST = 200;

/**
 * A name as it is looked up: "Response (chosen)", "sentence-1" and "#1 String" are `response`, `sentence_1` and
 * `1_string`.
 */
function plainName(name: string): string {
  if (name.length > LONGEST) return '';
  return name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/\s*[([{].*$/u, '')
    .replace(/^[^\p{L}\p{N}_]+/u, '')
    .replace(/[\s\-./]+/g, '_')
    .replace(/_+$/, '');
}

/** Names of several words by their words: "reviewText" and "customer_question" are a text and a question. */
function wordsOf(name: string): string[] {
  return plainName(name.replace(/(\p{Ll})(\p{Lu})/gu, '$1_$2')).split('_');
}

const HAN = /^\p{Script=Han}+$/u;
/** Which of two answers a name in Chinese says it is. */
const CHOSEN_HAN = /优选|选中|接受|首选/u;
const REJECTED_HAN = /拒绝|劣选|落选/u;

/** All that a column of this name may be; empty where the name says nothing. */
export function meaningsOf(name: string): readonly Meaning[] {
  const plain = plainName(name);
  const known = BY_NAME.get(plain);
  if (known) return known;
  // "answer_chosen", "rejected_text": which of two answers it is counts more than that it is one.
  const words = wordsOf(name);
  if (words.includes('rejected') || REJECTED_HAN.test(plain)) return ['rejected'];
  if (words.includes('chosen') || CHOSEN_HAN.test(plain)) return ['chosen'];
  // What several words name is what the last of them names: "customer_question", "用户问题".
  if (words.length > 1 && words.length <= 4) return BY_NAME.get(words.join('_')) ?? lastOf(words);
  if (!HAN.test(plain)) return [];
  for (let from = 1; from <= plain.length - 2; from++) {
    const last = BY_NAME.get(plain.slice(from));
    if (last) return last;
  }
  return [];
}

function lastOf(words: readonly string[]): readonly Meaning[] {
  const [before, last] = words.slice(-2).map((word) => BY_NAME.get(word) ?? []);
  // The number of a class is its label; "answer_type" says what kind of answer it is.
  if (last.includes('id') && before.includes('label')) return ['label'];
  return words.at(-1) === 'type' ? ['other'] : last;
}

/** How well the name fits the meaning: 0 is best; Infinity where it does not have it. */
export function rankOf(name: string, meaning: Meaning): number {
  if (!meaningsOf(name).includes(meaning)) return Infinity;
  return ORDER.get(meaning)!.get(plainName(name)) ?? 1000;
}
