import type { chart as en } from '../en/chart'

export const chart: typeof en = {
  asTable: '以表格显示',
  asChart: '以图表显示',
  time: '时间',
  total: '合计',
  unfinished: '最后一个时间段尚未结束。',
}
