import { quoted } from './quote'
import type { Snippet } from './types'

// What `./weir client env` prints: suits every client and SDK.
export const dotenv: Snippet = ({ url, key }) => {
  const text = key === null ? '${WEIR_API_KEY}' : key
  const values = {
    ...(key === null ? {} : { WEIR_API_KEY: text }),
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: text,
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: text,
    GOOGLE_GEMINI_BASE_URL: url,
    GEMINI_API_KEY: text,
  }
  return [{ file: '.env', code: Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}\n`).join('') }]
}
