import type { Shell } from './types'

// Values in the quotes of each language, so that no key, address or name of a model can be anything but a value.

const shQuote = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
const powershellQuote = (text: string) => `'${text.replaceAll("'", "''")}'`

export const shellQuote = (shell: Shell, text: string) => (shell === 'sh' ? shQuote(text) : powershellQuote(text))

// JSON's strings are strings of JavaScript, Python and TOML too.
export const quoted = (text: string) => JSON.stringify(text).replaceAll('\u007f', '\\u007f')

// The key as a value of the shell: itself, or the variable that has it.
export function shellKey(shell: Shell, key: string | null): string {
  if (key !== null) return shellQuote(shell, key)
  return shell === 'sh' ? '"$WEIR_API_KEY"' : '$env:WEIR_API_KEY'
}

// `values` are quoted already.
export function exports(shell: Shell, values: Record<string, string>): string {
  const line = ([name, value]: [string, string]) => (shell === 'sh' ? `export ${name}=${value}` : `$env:${name} = ${value}`)
  return Object.entries(values).map(line).join('\n')
}

export const home = (shell: Shell, path: string) => (shell === 'sh' ? `~/${path}` : `%USERPROFILE%\\${path.replaceAll('/', '\\')}`)
