/** Hands what is compared to the browser as one HTML file. */
import { names } from '../../shared/texts/names';
import { chosen, contenders } from '../../store/compare/contenders';
import type { State } from '../../store/slices';
import { chartColors } from '../charts/chartColors';
import { saveBlob } from '../saveBlob';

export async function saveResult(state: State): Promise<void> {
  const { shown, reference } = chosen(contenders(state, names), state.compare);
  if (!reference) return;
  const { resultPage } = await import('./resultPage');
  const html = resultPage({ shown, reference, answers: state.runs, colors: chartColors(), now: Date.now() });
  saveBlob(new Blob([html], { type: 'text/html' }), 'sieve-result.html');
}
