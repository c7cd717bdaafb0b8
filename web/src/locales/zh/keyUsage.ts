import type { keyUsage as en } from '../en/keyUsage'

export const keyUsage: typeof en = {
  help: '仅以请求头发送给本服务器，不会出现在地址中。',
  show: '查看用量',
  keep: '保存在此标签页',
  unknown: '没有这个密钥，请检查是否完整复制。',
  refused: {
    key_disabled: '使用此密钥的请求会被拒绝：它已停用。请联系提供者。',
    user_disabled: '使用此密钥的请求会被拒绝：其用户已停用。请联系管理员。',
    group_disabled: '使用此密钥的请求会被拒绝：其分组已停用。请联系管理员。',
    expired: '使用此密钥的请求会被拒绝：它已过期。请索取新的密钥。',
    exhausted: '使用此密钥的请求会被拒绝：下列某项限额已用尽。',
  },
  models: '可用 {names}',
  allModels: '可用全部模型',
  of: { key: '此密钥', user: '你的全部密钥', group: '所在分组的全部密钥' },
  resets: '{time} 重新开始（{zone}）',
  forGood: '不再重置',
  noLimits: '没有金额或请求数的限额。',
  periods: { today: '今日', week: '7 天', month: '30 天' },
  figures: '请求 {requests} · 失败 {errors} · Token {tokens}',
  days: '每日用量',
  day: '日期（{zone}）',
  byModel: '按模型的用量（30 天）',
  last: '最近的请求',
  columns: { model: '模型', time: '时间', status: '状态', took: '耗时', requests: '请求', errors: '失败', tokens: 'Token', cost: '费用' },
  empty: '最近 30 天没有请求。',
}
