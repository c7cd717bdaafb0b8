import type { Log } from '@/api/logs'

type Asked = Pick<Log, 'key_id' | 'model' | 'protocol' | 'stream' | 'input_tokens' | 'cache_read_tokens' | 'cache_write_5m_tokens' | 'cache_write_1h_tokens'>

// The question that a request was, for Explain: routes choose by its size too, as the provider counted it.
export function explainQuery(log: Asked) {
  const size = log.input_tokens + log.cache_read_tokens + log.cache_write_5m_tokens + log.cache_write_1h_tokens
  return {
    key: String(log.key_id),
    model: log.model,
    protocol: log.protocol,
    ...(size > 0 && { input_tokens: String(size) }),
    ...(log.stream && { stream: 'true' }),
  }
}
