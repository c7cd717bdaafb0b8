import { expect, it } from 'vitest'
import { explainQuery } from './explainQuery'

const log = { key_id: 7, model: 'claude-opus', protocol: 'gemini' as const, stream: true, input_tokens: 10, cache_read_tokens: 200, cache_write_5m_tokens: 3_000, cache_write_1h_tokens: 40_000 }

it('asks for what the request was, caches are part of its size', () => {
  expect(explainQuery(log)).toEqual({ key: '7', model: 'claude-opus', protocol: 'gemini', input_tokens: '43210', stream: 'true' })
})

it('leaves out what is not known of a request that was refused', () => {
  const refused = { ...log, stream: false, input_tokens: 0, cache_read_tokens: 0, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0 }
  expect(explainQuery(refused)).toEqual({ key: '7', model: 'claude-opus', protocol: 'gemini' })
})
