/** The fields of settings, made from their entries: one for each kind of value. */
import type { ReactNode } from 'react';
import type { Named, Values } from '../../shared/settings';
import type { ChoiceSetting, Setting } from '../../shared/settings/setting';
import { labelOf, toPercent, wordsOf } from '../../shared/texts/settingWords';
import { NumberField, SelectField } from '../bits';
import { CheckField, OptionalNumber, PercentField } from './fields';

/** What a place in the form adds to one of its fields. */
export interface Extra {
  /** Follows the help. */
  note?: string;
  /** What an optional number starts at, where another setting says it. */
  start?: number;
  below?: ReactNode;
  /** In the field's place: of a value with a form of its own. */
  field?: ReactNode;
}

interface Props {
  settings: readonly Named[];
  values: object;
  /** What is wrong with the setting of a key, in words. */
  at: (key: string) => string | null;
  onChange: (patch: Values) => void;
  extra?: Record<string, Extra>;
}

/** Fields one below the other, in the order given. */
export function SettingFields({ settings, ...rest }: Props) {
  return settings.map((named) => <SettingField key={named.key} named={named} {...rest} />);
}

/** Numbers and choices side by side, then optional numbers, then what needs the whole width. */
export function SettingColumns({ settings, ...rest }: Props) {
  const of = (...kinds: Setting['kind'][]) => settings.filter(({ setting }) => kinds.includes(setting.kind));
  const [plain, optional] = [of('number', 'choice'), of('optional')];
  return (
    <>
      {plain.length > 0 && (
        <div className="fields">
          <SettingFields settings={plain} {...rest} />
        </div>
      )}
      {optional.length > 1 ? (
        <div className="fields wide-fields">
          <SettingFields settings={optional} {...rest} />
        </div>
      ) : (
        <SettingFields settings={optional} {...rest} />
      )}
      <SettingFields settings={[...of('flag'), ...of('own')]} {...rest} />
    </>
  );
}

function SettingField({ named, values, at, onChange, extra = {} }: Omit<Props, 'settings'> & { named: Named }) {
  const { note, start, below, field } = extra[named.key] ?? {};
  return (
    <>
      {field ?? <Field named={named} values={values as Values} at={at} onChange={onChange} note={note} start={start} />}
      {below}
    </>
  );
}

function Field({
  named,
  values,
  at,
  onChange,
  note,
  start,
}: Pick<Props, 'at' | 'onChange'> & Pick<Extra, 'note' | 'start'> & { named: Named; values: Values }) {
  const { key, setting } = named;
  const { help, options, tick } = wordsOf(named);
  const { library } = setting;
  const shared = {
    label: labelOf(named),
    help: note ? `${help} ${note}` : help,
    // What other tools call it, where that is another name.
    hint: library && library.parameter !== key ? `${library.name}: ${library.parameter}` : undefined,
    problem: at(key),
  };
  const change = (value: unknown) => onChange({ [key]: value });
  switch (setting.kind) {
    case 'number': {
      const number = { ...shared, value: values[key] as number, initial: setting.default, onChange: change };
      return setting.unit === 'percent' ? (
        <PercentField {...number} min={toPercent(setting.min!)} max={toPercent(setting.max)} />
      ) : (
        <NumberField {...number} />
      );
    }
    case 'optional':
      return (
        <OptionalNumber<null | 'auto'>
          {...shared}
          off={setting.off}
          value={values[key] as number | null | 'auto'}
          initial={setting.default}
          start={start ?? setting.start}
          tick={tick!}
          onChange={change}
          percent={setting.unit === 'percent' ? [toPercent(setting.min!), toPercent(setting.max)] : undefined}
        />
      );
    case 'choice':
      return (
        <SelectField
          {...shared}
          value={values[key] as string}
          initial={setting.default}
          onChange={change}
          options={(setting as ChoiceSetting<string>).values.map((value) => ({ value, label: options![value] }))}
        />
      );
    case 'flag':
      return (
        <CheckField
          label={shared.label}
          help={shared.help}
          problem={shared.problem}
          checked={values[key] as boolean}
          initial={setting.default}
          onChange={change}
        />
      );
    // The form that shows it gives its field.
    case 'own':
      return null;
  }
}
