import { exports, home, shellKey, shellQuote } from './quote'
import type { Snippet } from './types'

// With an address alone it refuses to begin.
const SETTINGS = `{
  "security": {"auth": {"selectedType": "gemini-api-key"}}
}
`

export const geminiCli: Snippet = ({ url, key, model, shell }) => [
  { file: home(shell, '.gemini/settings.json'), code: SETTINGS },
  {
    code: [
      exports(shell, { GOOGLE_GEMINI_BASE_URL: shellQuote(shell, url), GEMINI_API_KEY: shellKey(shell, key) }),
      `gemini -m ${shellQuote(shell, model)}`,
    ].join('\n'),
  },
]
