import type { Texts } from '../../en';
import { evidence } from './evidence';
import { form, grid } from './form';
import { modules } from './modules';
import { report } from './report';
import { results } from './results';
import { classes, noise } from './tokens';
import { view } from './view';

export const experiment: Texts['experiment'] = {
  lead: '一个运行还不是结果。实验用多个种子重复比较，并给出差异及其置信区间。论文的结论也这样检验过，用的是本引擎的 PyTorch 对应实现：{claims}。',
  claims: '数据，包括否定结果（英文）',
  saved: '保存在这个浏览器中',
  entry: ({ time, data, state, done, total }) => `${time} · ${data} · ${state}，${done} / ${total} 个会话`,
  state: { running: '进行中', paused: '已暂停', finished: '已完成', failed: '失败' },
  form,
  grid,
  view,
  results,
  evidence,
  modules,
  noise,
  classes,
  report,
};
