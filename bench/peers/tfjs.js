/** The peers' step in TensorFlow.js. Bundled by build.ts, never by the app. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import { B1, B2, D, EPS, LR, R, T, problem as posed } from './problem.ts';
const gelu = (z) => z.mul(0.5).mul(z.add(z.mul(z).mul(z).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1));

/** @returns the first five losses, and a function that does five steps and waits for them */
export async function create() {
  await tf.setBackend('webgpu');
  await tf.ready();
  const problem = posed();
  const [x, y] = [tf.tensor2d(problem.x, [T, D]), tf.tensor2d(problem.y, [T, D])];
  const layers = problem.layers.map((l) => ({
    frozen: tf.tensor2d(l.W0, [D, D]),
    a: tf.variable(tf.tensor2d(l.A, [R, D])),
    b: tf.variable(tf.tensor2d(l.B, [D, R])),
  }));
  const learnt = layers.flatMap((l) => [l.a, l.b]);
  const adam = tf.train.adam(LR, B1, B2, EPS);
  const lossOf = () => {
    let h = x;
    for (const { frozen, a, b } of layers) {
      const z = tf.matMul(h, a, false, true);
      h = gelu(tf.matMul(h, frozen, false, true).add(tf.matMul(z, b, false, true)));
    }
    return h.sub(y).square().mean();
  };
  const losses = [];
  for (let i = 0; i < 5; i++) {
    const loss = adam.minimize(lossOf, true, learnt);
    losses.push((await loss.data())[0]);
    loss.dispose();
  }
  const backend = tf.backend();
  return {
    losses,
    async step5() {
      for (let i = 0; i < 5; i++) adam.minimize(lossOf, false, learnt);
      backend.endComputePassEncoder();
      backend.submitQueue();
      await backend.queue.onSubmittedWorkDone();
    },
  };
}
