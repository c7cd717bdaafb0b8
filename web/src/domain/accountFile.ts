// A file of accounts as the import takes it: JSON (a list, or an export's {accounts: [...]}) or CSV.

export type AccountFile = { accounts: unknown[] } | { csv: string }

export function accountFileOf(name: string, text: string): AccountFile | null {
  const start = text.trimStart()
  if (!/\.json$/i.test(name) && !start.startsWith('{') && !start.startsWith('[')) return start === '' ? null : { csv: text }
  try {
    const value = JSON.parse(text) as unknown
    const list = Array.isArray(value) ? value : (value as { accounts?: unknown } | null)?.accounts
    return Array.isArray(list) ? { accounts: list } : null
  } catch {
    return null
  }
}
