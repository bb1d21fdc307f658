/** For developers: where a step's time goes on this GPU, kernel by kernel. */
import { Scroll } from './bits';
import { count, fixed, percent } from './format';
import { useSel, useStudio } from './studioContext';

export function KernelTable() {
  const studio = useStudio();
  const profile = useSel((s) => s.runs.profile);
  const busy = useSel((s) => s.runs.profiling);
  const timestamps = useSel((s) => s.model.info?.gpu.timestamps ?? false);
  const all = profile?.kernels.reduce((sum, k) => sum + k.ms, 0) ?? 0;
  return (
    <details>
      <summary>Where the time goes (for developers)</summary>
      <div className="stack">
        <p className="help">Times every kernel of one micro-batch, forward and backward, with the GPU’s own clock, and learns nothing from it. Each kernel is timed alone, so together they take longer than in a step. Browsers may round the clock to 0.1 ms.</p>
        {!timestamps && <p className="muted">This browser does not let pages read the GPU’s clock. In Chrome, switch on “WebGPU Developer Features” under chrome://flags.</p>}
        <div className="row"><button type="button" data-testid="profile-button" disabled={busy || !timestamps} onClick={() => void studio.profile()}>{busy ? 'Measuring…' : 'Measure one step'}</button></div>
        {profile && (
          <Scroll label="Time of every kernel">
            <table className="grid" data-testid="profile-table">
              <caption>{profile.runs === 1 ? 'One run' : `${profile.runs} runs in one pass`}, {count(profile.tokens)} tokens each: {fixed(all, 1)} ms. Own matmul at its best: {fixed((2 * profile.rate) / 1e9, 1)} GFLOP/s.</caption>
              <thead>
                <tr>
                  <th scope="col">Kernel</th><th scope="col" className="num">Calls</th><th scope="col" className="num">ms</th><th scope="col" className="num">Share</th>
                  <th scope="col" className="num">GFLOP/s</th><th scope="col" className="num">of the best</th>
                </tr>
              </thead>
              <tbody>
                {profile.kernels.map(({ kernel, calls, ms, macs }) => (
                  <tr key={kernel}>
                    <th scope="row">{kernel}</th><td className="num">{calls}</td><td className="num">{fixed(ms, 2)}</td><td className="num">{percent(all > 0 ? ms / all : null, 1)}</td>
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
