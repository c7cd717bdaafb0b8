import { exports, home, quoted, shellKey } from './quote'
import type { Snippet } from './types'

const config = (url: string, model: string) => `model = ${quoted(model)}
model_provider = "weir"

[model_providers.weir]
name = "Weir"
base_url = ${quoted(`${url}/v1`)}
env_key = "WEIR_API_KEY"
wire_api = "responses"
`

export const codex: Snippet = ({ url, key, model, shell }) => [
  { file: home(shell, '.codex/config.toml'), code: config(url, model) },
  { code: key === null ? 'codex' : `${exports(shell, { WEIR_API_KEY: shellKey(shell, key) })}\ncodex` },
]
