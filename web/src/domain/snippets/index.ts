import { claudeCode } from './claudeCode'
import { codex } from './codex'
import { curl } from './curl'
import { dotenv } from './dotenv'
import { geminiCli } from './geminiCli'
import { anthropicSdk, openaiSdk } from './sdks'
import type { Shell, Snippet } from './types'

// In this order on the page; names of clients are the same in every language.
export const SNIPPETS: { name: string; label: string; byShell: boolean; write: Snippet }[] = [
  { name: 'curl', label: 'curl', byShell: true, write: curl },
  { name: 'claudeCode', label: 'Claude Code', byShell: true, write: claudeCode },
  { name: 'codex', label: 'Codex', byShell: true, write: codex },
  { name: 'openaiSdk', label: 'OpenAI SDK', byShell: false, write: openaiSdk },
  { name: 'anthropicSdk', label: 'Anthropic SDK', byShell: false, write: anthropicSdk },
  { name: 'geminiCli', label: 'Gemini CLI', byShell: true, write: geminiCli },
  { name: 'dotenv', label: '.env', byShell: false, write: dotenv },
]

export const shellOf = (userAgent: string): Shell => (/windows/i.test(userAgent) ? 'powershell' : 'sh')

export { curlOf } from './curl'
export * from './types'
