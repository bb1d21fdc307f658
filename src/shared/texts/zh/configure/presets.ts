import type { Texts } from '../../en';

const device = { gpu: ' GPU', software: '较慢的软件适配器', cpu: ' CPU' };
const size = (n: number) =>
  n >= 1e8 ? `${Number((n / 1e8).toPrecision(2))} 亿` : n >= 1e4 ? `${Number((n / 1e4).toPrecision(2))} 万` : String(n);

export const preset: Texts['configure']['preset'] = {
  legend: '从预设开始',
  title: { quick: '快速看看', balanced: '均衡', thorough: '充分' },
  text: { quick: '它到底学不学得会？', balanced: '像样的第一次运行。', thorough: '在这台设备上尽量做到最好。' },
  numbers: (steps, rank, time) => `${steps} 步，秩 ${rank}${time ? `，${time}` : ''}`,
  waiting: '模型和数据就绪后显示',
  help: '预设会让下面的设置适合你的模型、数据和设备；各个运行和种子保持不变。',
  why: '这些数值的由来',
};

export const presetReason: Texts['errors']['store']['preset'] = {
  context: ({ tokens, percent, limit, on }) =>
    `最大序列长度 ${tokens}：${percent} % 的样本不会被截断${limit === 'model' ? `；模型的上下文为 ${tokens} 个词元` : limit === 'device' ? `；再长的话，在${device[on]}${on === 'software' ? '' : ' '}上会太费时` : ''}。`,
  batch: ({ batch, gradientAccumulationSteps, tokens, typical, on }) =>
    `有效批次大小 ${batch * gradientAccumulationSteps}${gradientAccumulationSteps > 1 ? `（${batch} × 累积 ${gradientAccumulationSteps} 步）` : ''}：每步约 ${tokens} 个词元，因为一半的样本不超过 ${typical} 个词元，而且训练使用的是${device[on]}。`,
  steps: ({ steps, examples, seen, capped, on }) =>
    `${steps} 步：${examples} 个样本平均各看${seen < 0.95 ? `不到一遍（${Math.round(seen * 100)} %）` : `约 ${Number(seen.toPrecision(2))} 遍`}${capped ? `；不再增加，因为训练使用的是${device[on]}` : ''}。`,
  rate: ({ rate, parameters, halved, warmup }) =>
    `学习率 ${rate}：${size(parameters)}参数的模型做 LoRA 时的常用值${halved ? '，因为数据会看好几遍而减半' : ''}；用 ${warmup} 步预热，约为整个运行的十分之一。`,
  rank: {
    quick: ({ rank }) => `秩 ${rank}：取小一些，速度更快；alpha 是它的两倍。`,
    balanced: ({ rank }) => `秩 ${rank}：常用值；alpha 是它的两倍。`,
    thorough: ({ rank }) => `秩 ${rank}：取大一些，因为有足够的步数来利用；alpha 是它的两倍。`,
  },
  measured: ({ examples, every, all }) =>
    `每 ${every} 步在 ${examples} 个验证样本上评估一次${all ? '：验证样本全部用上' : ''}。`,
  dev: '划出 10 % 的训练集作为开发集，用来为每个运行挑选最佳检查点，这样训练过久也不会有坏处。',
  noDev: ({ examples }) => `只有 ${examples} 个样本，就不再为挑选最佳检查点另留开发集了。`,
};
