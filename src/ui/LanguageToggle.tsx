/** The other languages, each by its own name. */
import { LANGUAGES, type Language } from '../shared/texts';
import { changeLanguage } from './language';
import { useSel, useStudio } from './studioContext';

export function LanguageToggle() {
  const studio = useStudio();
  const here = useSel((s) => s.ui.language);
  const others = (Object.keys(LANGUAGES) as Language[]).filter((l) => l !== here);
  return others.map((l) => (
    <button
      key={l}
      type="button"
      className="quiet"
      lang={l}
      onClick={() => void changeLanguage(studio, l)}
      data-testid={`language-${l}`}
    >
      {LANGUAGES[l]}
    </button>
  ));
}
