import type { Texts } from '../../en';
import { setting } from './setting';

export const shared: Texts['errors']['shared'] = {
  setting,
  foreign: ({ text }) => ({ message: text }),
  badSetting: ({ path, problem }) => ({ message: `${path || '配置'}：${problem}`, hint: '改正这一项后再试。' }),
  templateRole: ({ role, known }) => ({
    message: `模板里用了 {${role}}，但这份数据只有 ${known}。`,
    hint: '请使用其中的名称，或更改数据类型。',
  }),
  dataKind: ({ kind, known }) => ({ message: `“${kind}”不是一种数据类型。`, hint: `请选择以下之一：${known}。` }),
  roleWithoutColumn: ({ role }) => ({ message: `还没有为“${role}”选择列。`, hint: '请选择存放它的那一列。' }),
  noColumn: ({ column, role, columns }) => ({
    message: `没有名为“${column}”的列（“${role}”需要它）。`,
    hint: `现有的列：${columns}。`,
  }),
  siteData: {
    message: '这个浏览器不让页面在这里保存任何东西。',
    hint: '隐私窗口或严格的设置不允许。请导出你想保留的内容。',
  },
  workerEnded: '它没有说明就结束了',
  workerStuck: '浏览器一直没有为它启动另一个工作线程',
  workerSilent: ({ tries }) => `尝试了 ${tries} 次，它都没有启动`,
  workerStart: ({ tries }) => ({
    message: `尝试了 ${tries} 次，这个页面的一个工作线程都没有启动。`,
    hint: '请再试一次，或重新载入页面；其他标签页可能占用了内存。',
  }),
  zip: {
    entries: ({ n }) => `其中有 ${n} 个条目`,
    directory: '目录已损坏',
  },
};
