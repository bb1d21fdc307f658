/**
 * The peers' step in jax-js: loss, gradients and Adam under one jit.
 * Bundled by build.ts, never by the app.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { B1, B2, D, EPS, L, LR, R, T, problem as posed } from './problem.ts';

function lossOf(params, frozen, x, y) {
  let h = x;
  for (let l = 0; l < L; l++) {
    const base = np.matmul(h.ref, np.transpose(frozen[l]));
    const z = np.matmul(h, np.transpose(params[l].A));
    h = nn.gelu(base.add(np.matmul(z, np.transpose(params[l].B))), { approximate: true });
  }
  return np.mean(np.square(h.sub(y)));
}

// jit takes arrays one by one.
// oxlint-disable-next-line max-params
function trainStep(params, m, v, count, frozen, x, y) {
  const [loss, grads] = valueAndGrad(lossOf)(tree.ref(params), frozen, x, y);
  const t = count.add(1);
  const correction1 = np.subtract(1, np.power(B1, t.ref));
  const correction2 = np.subtract(1, np.power(B2, t.ref));
  const m1 = tree.map((a, g) => a.mul(B1).add(g.mul(1 - B1)), m, tree.ref(grads));
  const v1 = tree.map((a, g) => a.mul(B2).add(np.square(g).mul(1 - B2)), v, grads);
  const next = tree.map(
    (p, a, b) => p.sub(a.div(correction1.ref).div(np.sqrt(b.div(correction2.ref)).add(EPS)).mul(LR)),
    params, tree.ref(m1), tree.ref(v1),
  );
  correction1.dispose();
  correction2.dispose();
  return [next, m1, v1, t, loss];
}

/** @param device 'webgpu' or 'wasm' @returns the first five losses, and a function that does five steps and waits for them */
export async function create(device) {
  await init(device);
  defaultDevice(device);
  const problem = posed();
  const matrix = (data, rows, columns) => np.array(data).reshape([rows, columns]);
  const [x, y] = [matrix(problem.x, T, D), matrix(problem.y, T, D)];
  const frozen = problem.layers.map((l) => matrix(l.W0, D, D));
  let params = problem.layers.map((l) => ({ A: matrix(l.A, R, D), B: matrix(l.B, D, R) }));
  const zeros = () => problem.layers.map(() => ({ A: np.zeros([R, D]), B: np.zeros([D, R]) }));
  let [m, v, t] = [zeros(), zeros(), np.array(0)];
  const compiled = jit(trainStep);
  const step = () => {
    let loss;
    [params, m, v, t, loss] = compiled(params, m, v, t, tree.ref(frozen), x.ref, y.ref);
    return loss;
  };
  const losses = [];
  for (let i = 0; i < 5; i++) losses.push((await step().data())[0]);
  return {
    losses,
    async step5() {
      for (let i = 0; i < 4; i++) step().dispose();
      const last = step();
      await last.blockUntilReady();
      last.dispose();
      await blockUntilReady(params);
    },
  };
}
