import { PROTOCOLS, protocolOf, type ChatRequest, type ProtocolName } from '../chat'
import { quoted, shellKey, shellQuote } from './quote'
import type { Snippet, SnippetInput } from './types'

const PLACE = '\u0000' // where the key goes: no header has it

type Target = Pick<SnippetInput, 'url' | 'key' | 'shell'>

function partsOf(url: string, name: ProtocolName, request: ChatRequest) {
  const protocol = PROTOCOLS[name]
  return { url: url + protocol.path(request), headers: protocol.headers(PLACE), body: JSON.stringify(protocol.body(request)) }
}

// "x-api-key: ck_…": quoted as one where the key is known, else double quotes, in which the variable is read.
function shHeader(name: string, value: string, key: string | null): string {
  if (!value.includes(PLACE)) return shellQuote('sh', `${name}: ${value}`)
  return key === null ? `"${name}: ${value.replace(PLACE, '$WEIR_API_KEY')}"` : shellQuote('sh', `${name}: ${value.replace(PLACE, () => key)}`)
}

function powershellHeader(name: string, value: string, key: string | null): string {
  const [before = '', after] = value.split(PLACE)
  if (after === undefined) return `${quoted(name)} = ${shellQuote('powershell', value)}`
  const written = key === null ? `${before === '' ? '' : `${shellQuote('powershell', before)} + `}${shellKey('powershell', null)}` : shellQuote('powershell', before + key)
  return `${quoted(name)} = ${written}`
}

// Any request, as curl (or PowerShell) sends it.
export function curlOf(input: Target, protocol: ProtocolName, request: ChatRequest) {
  const { url, headers, body } = partsOf(input.url, protocol, request)
  const all = Object.entries(headers)
  if (input.shell === 'sh') {
    const lines = [...all.map(([name, value]) => `-H ${shHeader(name, value, input.key)}`), "-H 'content-type: application/json'", `-d ${shellQuote('sh', body)}`]
    return [{ code: [`curl -N ${shellQuote('sh', url)}`, ...lines].join(' \\\n  ') }]
  }
  const table = all.map(([name, value]) => powershellHeader(name, value, input.key)).join('; ')
  return [{
    code: [
      `$body = ${shellQuote('powershell', body)}`,
      `Invoke-RestMethod -Method Post -Uri ${shellQuote('powershell', url)} -Headers @{ ${table} } -ContentType 'application/json' -Body $body`,
    ].join('\n'),
  }]
}

export const curl: Snippet = (input) =>
  curlOf(input, protocolOf(input.provider), { model: input.model, messages: [{ role: 'user', text: 'Say hello' }], maxTokens: 256 })
