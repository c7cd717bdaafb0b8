import type { usage as en } from '../en/usage'

export const usage: typeof en = {
  all: '全部',
  other: '其他',
  measures: { cost: '费用', requests: '请求', tokens: 'Token', errors: '失败' },
}
