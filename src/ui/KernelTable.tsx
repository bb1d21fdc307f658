/** For developers: where a step's time goes on this device, kernel by kernel. */
import { texts } from '../shared/texts';
import { usedDevice } from '../store/device';
import { deviceName } from './deviceWords';
import { Scroll } from './bits';
import { count, fixed, percent } from './format';
import { useSel, useStudio } from './studioContext';

export function KernelTable() {
  const t = texts().train.kernels;
  const studio = useStudio();
  const profile = useSel((s) => s.runs.profile);
  const busy = useSel((s) => s.runs.profiling);
  const device = useSel((s) => s.model.info?.device ?? null);
  const timestamps = device?.timestamps ?? false;
  const all = profile?.kernels.reduce((sum, k) => sum + k.ms, 0) ?? 0;
  return (
    <details>
      <summary>{t.title}</summary>
      <div className="stack">
        <p className="help">{t.help[device?.kind ?? 'gpu']}</p>
        {!timestamps && <p className="muted">{t.noClock}</p>}
        <div className="row">
          <button
            type="button"
            data-testid="profile-button"
            disabled={busy || !timestamps}
            onClick={() => void studio.training.profile()}
          >
            {busy ? t.measuring : t.measure}
          </button>
        </div>
        {profile && (
          <Scroll label={t.label}>
            <table className="grid" data-testid="profile-table">
              <caption>
                {t.caption({
                  device: device ? deviceName(usedDevice(device)) : texts().common.device.unknown,
                  runs: profile.runs,
                  tokens: count(profile.tokens),
                  ms: fixed(all, 1),
                  rate: fixed((2 * profile.rate) / 1e9, 1),
                })}
              </caption>
              <thead>
                <tr>
                  <th scope="col">{t.kernel}</th>
                  <th scope="col" className="num">
                    {t.calls}
                  </th>
                  <th scope="col" className="num">
                    ms
                  </th>
                  <th scope="col" className="num">
                    {t.share}
                  </th>
                  <th scope="col" className="num">
                    GFLOP/s
                  </th>
                  <th scope="col" className="num">
                    {t.ofBest}
                  </th>
                </tr>
              </thead>
              <tbody>
                {profile.kernels.map(({ kernel, calls, ms, macs }) => (
                  <tr key={kernel}>
                    <th scope="row">{kernel}</th>
                    <td className="num">{calls}</td>
                    <td className="num">{fixed(ms, 2)}</td>
                    <td className="num">{percent(all > 0 ? ms / all : null, 1)}</td>
                    <td className="num">{macs && ms > 0 ? fixed((2 * macs) / ms / 1e6, 1) : '–'}</td>
                    <td className="num">{macs && ms > 0 ? percent(macs / (ms / 1000) / profile.rate) : '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </div>
    </details>
  );
}
