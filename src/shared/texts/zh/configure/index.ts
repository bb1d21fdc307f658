import type { Texts } from '../../en';
import { adapter } from './adapter';
import { memory, time } from './costs';
import { gate } from './gate';
import { preset } from './presets';
import { share } from './share';
import { train } from './train';

export const configure: Texts['configure'] = {
  lead: '所有运行从同一起点开始，按同样的顺序学习同样的批次。不同的只是方法。',
  settings: '设置',
  runs: '并排的运行',
  costs: '时间与内存',
  add: (method) => `添加 ${method}`,
  allChanged: (n) => (n === 0 ? '全部为默认值。' : `${n} 项与默认值不同。`),
  allReset: '恢复默认值',
  changed: '已改',
  countChanged: (n) => `改了 ${n} 项`,
  reset: '重置',
  resetOf: (what) => `重置：${what}`,
  between: (min, max) => `必须在 ${min} 到 ${max} % 之间`,
  preset,
  train,
  adapter,
  gate,
  memory,
  time,
  share,
};
