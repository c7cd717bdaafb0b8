import { quoted } from './quote'
import type { Snippet } from './types'

const pythonKey = (key: string | null) => (key === null ? 'os.environ["WEIR_API_KEY"]' : quoted(key))
const nodeKey = (key: string | null) => (key === null ? 'process.env.WEIR_API_KEY' : quoted(key))
const pythonOs = (key: string | null) => (key === null ? 'import os\n' : '')

export const openaiSdk: Snippet = ({ url, key, model }) => [
  {
    file: 'Python',
    code: `${pythonOs(key)}from openai import OpenAI

client = OpenAI(base_url=${quoted(`${url}/v1`)}, api_key=${pythonKey(key)})
answer = client.chat.completions.create(
    model=${quoted(model)},
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)
`,
  },
  {
    file: 'Node',
    code: `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${quoted(`${url}/v1`)}, apiKey: ${nodeKey(key)} })
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: 'user', content: 'Say hello' }],
})
console.log(answer.choices[0].message.content)
`,
  },
]

export const anthropicSdk: Snippet = ({ url, key, model }) => [
  {
    file: 'Python',
    code: `${pythonOs(key)}from anthropic import Anthropic

client = Anthropic(base_url=${quoted(url)}, auth_token=${pythonKey(key)})
answer = client.messages.create(
    model=${quoted(model)},
    max_tokens=256,
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.content[0].text)
`,
  },
  {
    file: 'Node',
    code: `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: ${quoted(url)}, authToken: ${nodeKey(key)} })
const answer = await client.messages.create({
  model: ${quoted(model)},
  max_tokens: 256,
  messages: [{ role: 'user', content: 'Say hello' }],
})
console.log(answer.content[0].text)
`,
  },
]
