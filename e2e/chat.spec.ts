/** Chats in a model's own chat template: seen, trained on, asked with, and a template that never ends. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { join } from 'node:path';
import { PAIRS } from './data';
import { readRepo, type RepoFiles, serveHub } from './hub';
import { expect, test } from './test';

/** The endless loop that does nothing but loop. */
const ENDLESS = '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}';
const TEMPLATE =
  "{{ bos_token }}{% for message in messages %}{% if message.role == 'system' %}{{ raise_exception('<i>No orders</i>') }}{% endif %}{{ '[' ~ message.role ~ ']' ~ message.content ~ eos_token ~ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}";

/** The nano model as a chat model: its template beside the tokenizer, as newer models have it. */
function chatModel(): RepoFiles {
  return { ...readRepo(join('public', 'models', 'sieve-stories-nano')), 'chat_template.jinja': Buffer.from(TEMPLATE) };
}

test('a model’s own chat template: previewed, trained with, asked in, exported; an endless one is stopped', async ({
  app,
  context,
  page,
}, info) => {
  app.expectProblem(/request to https:\/\/huggingface\.co\//);
  await serveHub(context, { 'someone/chats': chatModel() });
  await app.open();
  const chats = PAIRS.map((p) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: p.question },
        { role: 'assistant', content: p.answer },
      ],
    }),
  );
  chats.push(
    JSON.stringify({
      messages: [
        { role: 'system', content: 'x' },
        { role: 'user', content: 'y' },
        { role: 'assistant', content: 'z' },
      ],
    }),
  );
  await app.loadFile({ name: 'chats.jsonl', mimeType: 'application/x-ndjson', text: chats.join('\n') });
  const preview = app.get('template-preview');
  const data = page.locator('#data');

  await test.step('the embedded model has none: the plain template, previewed', async () => {
    await expect(data.getByLabel('Chat template', { exact: true })).toHaveCount(0);
    await expect(preview.locator('.chip-trained')).toHaveText(`${PAIRS[0].answer}\n`);
    await data.getByLabel('Template for a question').fill('Q: {message}\n');
    await expect(preview).toContainText(`Q: ${PAIRS[0].question}`);
  });

  await test.step('a chat model brings its own, which is previewed with what is learnt', async () => {
    await app.openFromHub('someone/chats');
    await expect(app.get('model-status')).toContainText('someone/chats', { timeout: 60_000 });
    await app.modelReady();
    await app.dataReady();
    await expect(data.getByLabel('Chat template', { exact: true })).toHaveValue('default');
    await expect(preview).toContainText(`<|endoftext|>[user]${PAIRS[0].question}<|endoftext|>`);
    await expect(preview.locator('.chip-trained')).toHaveText(`${PAIRS[0].answer}<|endoftext|>`);
    const chips = app.get('data-preview').locator('.example').first();
    await expect(chips).toContainText('[user]');
    expect((await chips.locator('.chip-trained').allTextContents()).join('')).toBe(`${PAIRS[0].answer}<|endoftext|>`);
    await expect(app.get('issue-template')).toContainText('<i>No orders</i>');
  });

  await test.step('an endless one is stopped, and the page answers', async () => {
    await app.get('chat-template').fill(ENDLESS);
    await expect(preview).toContainText('not done after 1 s', { timeout: 20_000 });
    await expect(data.getByTestId('error-alert').first()).toContainText('not done after 1 s', { timeout: 20_000 });
    await data.getByLabel('Chat template', { exact: true }).selectOption('Plain');
    await expect(data.getByTestId('error-alert')).toHaveCount(0);
    await app.dataReady();
    await expect(preview).toContainText(`Q: ${PAIRS[0].question}`);
    await data.getByLabel('Chat template', { exact: true }).selectOption('default');
    await app.dataReady();
    await expect(preview).toContainText('[user]');
  });

  await test.step('it trains, is asked in its template, and the adapter says so', async () => {
    await app.small(4);
    await app.train();
    await expect(page.locator('#compare')).toContainText('own chat template is applied');
    const answers = await app.compare('What now?');
    expect(Object.keys(answers)).toContain('lora');
    const zip = info.outputPath('adapter.zip');
    await app.exportRun('lora', zip);
    const files = unzipSync(readFileSync(zip));
    expect(JSON.parse(new TextDecoder().decode(files['sieve.json'])).template.chat).toMatchObject({
      name: 'default',
      source: TEMPLATE,
    });
    expect(new TextDecoder().decode(files['README.md'])).toContain('apply_chat_template');
  });
});
