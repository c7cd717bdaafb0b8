import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shellOf, SNIPPETS, type SnippetInput } from '.'

const docs = readFileSync('../docs/clients.md', 'utf8')
const INPUT: SnippetInput = { url: 'https://relay.example.com', key: 'ck_A-b_1', model: 'claude-sonnet-4-5', provider: 'anthropic', shell: 'sh' }
const HOSTILE = `x'; echo "$(id -u)" \`id\` \\ %PATH% \${HOME} #`

const write = (name: string, change: Partial<SnippetInput> = {}) => SNIPPETS.find((entry) => entry.name === name)!.write({ ...INPUT, ...change })
const shellPart = (name: string, change: Partial<SnippetInput> = {}) => write(name, change).find(({ file }) => !file)!.code

// Runs the lines in a real shell; each client is a function that tells what it was started with.
function environmentOf(code: string, more: Record<string, string> = {}): Record<string, string> & { words: string } {
  const tell = `for name in ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN ANTHROPIC_MODEL WEIR_API_KEY GOOGLE_GEMINI_BASE_URL GEMINI_API_KEY; do
    eval "value=\\$$name"; printf '%s=%s\\0' "$name" "$value"; done; for word; do printf 'word=%s\\0' "$word"; done`
  const script = `tell() { ${tell}\n}; claude() { tell "$@"; }; codex() { tell "$@"; }; gemini() { tell "$@"; }; curl() { tell "$@"; }\n${code}\n`
  const out = execFileSync('sh', ['-c', script], { env: more, encoding: 'utf8' })
  const pairs = out.split('\0').filter(Boolean).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  return { ...Object.fromEntries(pairs), words: pairs.filter(([name]) => name === 'word').map(([, value]) => value).join('\n') }
}

describe('lines for a shell', () => {
  it.each([INPUT.key, HOSTILE, null])('give clients the address and the key %j', (key) => {
    const wanted = key ?? 'from-outside'
    const outside: Record<string, string> = key === null ? { WEIR_API_KEY: wanted } : {}
    expect(environmentOf(shellPart('claudeCode', { key }), outside)).toMatchObject({ ANTHROPIC_BASE_URL: INPUT.url, ANTHROPIC_AUTH_TOKEN: wanted, ANTHROPIC_MODEL: '' })
    expect(environmentOf(shellPart('codex', { key }), outside)).toMatchObject({ WEIR_API_KEY: wanted })
    expect(environmentOf(shellPart('geminiCli', { key }), outside)).toMatchObject({ GOOGLE_GEMINI_BASE_URL: INPUT.url, GEMINI_API_KEY: wanted, words: '-m\nclaude-sonnet-4-5' })
    expect(environmentOf(shellPart('curl', { key }), outside).words.split('\n')).toContain(`x-api-key: ${wanted}`)
  })

  it('name a model of another provider to Claude Code, whatever it is called', () => {
    expect(environmentOf(shellPart('claudeCode', { model: HOSTILE, provider: 'openai' }))).toMatchObject({ ANTHROPIC_MODEL: HOSTILE })
  })

  it.each([['anthropic', '/v1/messages'], ['openai', '/v1/chat/completions'], ['gemini', '/v1beta/models/']])('ask models of %s in their own protocol', (provider, path) => {
    expect(environmentOf(shellPart('curl', { provider })).words.split('\n')[1]).toContain(INPUT.url + path)
  })

  it('are in single quotes for PowerShell, where nothing is read inside', () => {
    const code = shellPart('claudeCode', { shell: 'powershell', key: "a'$b" })
    expect(code).toContain("$env:ANTHROPIC_AUTH_TOKEN = 'a''$b'")
    expect(shellPart('curl', { shell: 'powershell', key: null })).toContain('"x-api-key" = $env:WEIR_API_KEY')
    expect(shellPart('curl', { shell: 'powershell', key: null, provider: 'openai' })).toContain(`"authorization" = 'Bearer ' + $env:WEIR_API_KEY`)
  })
})

describe('files', () => {
  it('of Codex have the provider of docs/clients.md', () => {
    const { file, code } = write('codex')[0]!
    expect(file).toBe('~/.codex/config.toml')
    for (const line of code.split('\n').filter((text) => text !== '' && !text.startsWith('model = ') && !text.startsWith('base_url'))) expect(docs).toContain(line)
    expect(code).toContain('base_url = "https://relay.example.com/v1"')
    expect(code).not.toContain(INPUT.key)
  })

  it('of the Gemini CLI say that it has a key', () => {
    const settings = JSON.parse(write('geminiCli')[0]!.code) as unknown
    expect(settings).toEqual({ security: { auth: { selectedType: 'gemini-api-key' } } })
    expect(docs).toContain('"security": {"auth": {"selectedType": "gemini-api-key"}}')
  })
})

describe('all of them', () => {
  it.each(SNIPPETS.flatMap(({ name }) => (['sh', 'powershell'] as const).map((shell) => [name, shell] as const)))('%s, %s: variables are those of the documentation', (name, shell) => {
    const code = write(name, { shell }).map((part) => part.code).join('\n')
    for (const variable of code.match(/\b(ANTHROPIC|OPENAI|GOOGLE|GEMINI|WEIR|CLAUDE)_[A-Z_]+/g) ?? []) expect(docs).toContain(variable)
  })

  it.each(SNIPPETS.map(({ name }) => name))('%s: without a key none is written', (name) => {
    const code = write(name, { key: null }).map((part) => part.code).join('\n')
    expect(code).not.toContain('null')
    expect(code).toMatch(/WEIR_API_KEY|selectedType/)
  })

  it('of Python and Node take what they are given as text', () => {
    for (const { code } of [...write('openaiSdk', { key: HOSTILE }), ...write('anthropicSdk', { key: HOSTILE })]) expect(code).toContain(JSON.stringify(HOSTILE))
  })
})

// As somebody gets them who has just made a key: `npx vitest run --project unit -u snippets` writes them anew, for eyes.
describe('with real values', () => {
  const REAL = { url: 'https://relay.example.com', key: `ck_${'0123456789abcdef'.repeat(4)}`, model: 'claude-sonnet-4-5', provider: 'anthropic' }

  it.each(['sh', 'powershell'] as const)('%s: word by word', async (shell) => {
    const text = SNIPPETS.map(({ name, label }) => write(name, { ...REAL, shell }).map(({ file, code }) => `=== ${label}: ${file ?? 'in the shell'}\n${code.trimEnd()}\n`).join('')).join('\n')
    await expect(text).toMatchFileSnapshot(`golden/${shell}.txt`)
  })

  it.each(['openaiSdk', 'anthropicSdk'])('%s: Python and Node can read it', (name) => {
    const [python, node] = write(name, { ...REAL, key: HOSTILE, model: HOSTILE })
    execFileSync('/usr/bin/python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: python!.code })
    const folder = mkdtempSync(join(tmpdir(), 'weir-snippets-'))
    writeFileSync(join(folder, 'client.mjs'), node!.code)
    execFileSync(process.execPath, ['--check', join(folder, 'client.mjs')])
    rmSync(folder, { recursive: true })
  })

  it('Codex: its file is TOML with what it is to have', () => {
    const { code } = write('codex', { ...REAL, model: HOSTILE })[0]!
    const read = execFileSync('/usr/bin/python3', ['-c', 'import json, sys, tomllib; print(json.dumps(tomllib.loads(sys.stdin.read())))'], { input: code, encoding: 'utf8' })
    expect(JSON.parse(read)).toMatchObject({ model: HOSTILE, model_provider: 'weir', model_providers: { weir: { base_url: `${REAL.url}/v1`, env_key: 'WEIR_API_KEY' } } })
  })
})

it('shellOf', () => {
  expect([shellOf('Mozilla/5.0 (Windows NT 10.0)'), shellOf('Mozilla/5.0 (X11; Linux)'), shellOf('')]).toEqual(['powershell', 'sh', 'sh'])
})
