import type { limits as en } from '../en/limits'

export const limits: typeof en = {
  rpm: '每分钟请求数',
  tpm: '每分钟 Token 数',
  concurrency: '并发请求数',
  requests_per_day: '每日请求数',
  requests_per_month: '每月请求数',
  requests_total: '总请求数',
  usd_per_day: '每日 USD',
  usd_per_month: '每月 USD',
  usd_total: '总 USD',
  left: '剩余 {amount}',
  held: '预留 {amount}',
  help: '留空则不限。',
  wholeNumber: '0 或正整数。',
  amount: '金额，例如 10 或 2.50。',
}
