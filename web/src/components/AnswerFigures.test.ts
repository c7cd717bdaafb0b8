import { expect, it } from 'vitest'
import { shown } from '@/testing/shown'
import AnswerFigures from './AnswerFigures.vue'

it('counts what was written to a cache as input, and marks what is estimated', async () => {
  const log = { input_tokens: 10, output_tokens: 5, cache_read_tokens: 100, cache_write_5m_tokens: 1000, cache_write_1h_tokens: 2000, cost_usd: '0.02', usage_source: 'estimated' }
  const part = await shown(AnswerFigures, { answer: { log, head: null, firstTextMs: null, totalMs: 800 } })
  expect(part.text()).toContain('≈in 3,110')
  expect(part.text()).toContain('≈$0.02')
  part.unmount()
})
