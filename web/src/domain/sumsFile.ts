// A report's sums as a file: the rows that the table has, all of them, with the columns that were chosen.
import type { UsageRow } from '@/api/usage'
import type { By } from './usage'

export const SUM_COLUMNS = [
  'requests',
  'errors',
  'estimated_requests',
  'cache_hits',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_usd',
] as const
export type SumColumn = (typeof SUM_COLUMNS)[number]

const NAMES = {
  model: ['model'],
  key: ['key_id', 'key_name'],
  user: ['user_id', 'username'],
  group: ['group_id', 'group_name'],
  account: ['account_id', 'account_name'],
} as const satisfies Record<By, readonly (keyof UsageRow)[]>

// A spreadsheet would run what begins like a formula: such a text is told apart, as the export of requests does it.
// A sum below zero (corrections) is a number.
const NUMBER = /^-?\d+(\.\d+)?$/
function cell(value: string | number | null | undefined): string {
  const text = String(value ?? '')
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function sumsFile(rows: readonly UsageRow[], bys: readonly By[], columns: readonly SumColumn[], format: 'csv' | 'jsonl'): string {
  const names = [...bys.flatMap((by) => NAMES[by]), ...columns]
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] ?? null])))}\n`).join('')
  const lines = rows.map((row) => names.map((name) => cell(row[name])).join(','))
  return [names.join(','), ...lines].map((line) => `${line}\r\n`).join('')
}
