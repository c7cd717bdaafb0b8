import { exports, shellKey, shellQuote } from './quote'
import type { Snippet } from './types'

export const claudeCode: Snippet = ({ url, key, model, provider, shell }) => {
  const values = {
    ANTHROPIC_BASE_URL: shellQuote(shell, url),
    ANTHROPIC_AUTH_TOKEN: shellKey(shell, key),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  }
  // Its own preset is a Claude model: another is asked for by name.
  const other: Record<string, string> = provider === 'anthropic' ? {} : { ANTHROPIC_MODEL: shellQuote(shell, model) }
  return [{ code: `${exports(shell, { ...values, ...other })}\nclaude` }]
}
