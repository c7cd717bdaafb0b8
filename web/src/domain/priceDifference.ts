// What an import would do, model by model: the answer has it field by field.
import { exactCount } from './numbers'
import { priceKey } from './priceList'

export interface PriceLine {
  provider: string
  model: string
  input?: string | null
  output?: string | null
  cache_read?: string | null
  cache_write_5m?: string | null
  cache_write_1h?: string | null
}

export interface ChangedField {
  field: string
  old: string | null
  new: string | null
  pct?: number
}

export interface ImportAnswer {
  added: PriceLine[]
  changed: { provider: string; model: string; field: string; old?: unknown; new?: unknown; pct?: number }[]
  suspicious: { provider: string; model: string; field: string; why: string }[]
}

export interface ModelDifference {
  key: string
  provider: string
  model: string
  kind: 'added' | 'changed'
  fields: ChangedField[]
  warnings: { field: string; why: string }[]
}

const PRICES = ['input', 'output', 'cache_read', 'cache_write_5m', 'cache_write_1h'] as const

function plain(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return Array.isArray(value) ? value.join(', ') : String(value)
}

function newModel(line: PriceLine): ModelDifference {
  const fields = PRICES.filter((field) => line[field] !== null && line[field] !== undefined)
  return {
    key: priceKey(line.provider, line.model),
    provider: line.provider,
    model: line.model,
    kind: 'added',
    fields: fields.map((field) => ({ field, old: null, new: line[field]! })),
    warnings: [],
  }
}

// What looks like a mistake first, then what changes, then what is new.
export function differences(answer: ImportAnswer): ModelDifference[] {
  const found = new Map(answer.added.map((line) => [priceKey(line.provider, line.model), newModel(line)]))
  for (const { provider, model, field, pct, ...values } of answer.changed) {
    const key = priceKey(provider, model)
    const entry = found.get(key) ?? { key, provider, model, kind: 'changed' as const, fields: [], warnings: [] }
    entry.fields.push({ field, old: plain(values.old), new: plain(values.new), pct })
    found.set(key, entry)
  }
  for (const { provider, model, field, why } of answer.suspicious) found.get(priceKey(provider, model))?.warnings.push({ field, why })
  const weight = (entry: ModelDifference) => (entry.warnings.length > 0 ? 0 : entry.kind === 'changed' ? 1 : 2)
  return [...found.values()].sort((a, b) => weight(a) - weight(b) || a.model.localeCompare(b.model))
}

// What is ticked at first: all but what looks like a mistake.
export const trusted = (all: ModelDifference[]): Set<string> => new Set(all.filter(({ warnings }) => warnings.length === 0).map(({ key }) => key))

// "+200 %", "−12 %".
export function formatChange(pct: number | undefined): string {
  if (pct === undefined) return ''
  return `${pct < 0 ? '−' : '+'}${exactCount(Math.abs(pct))} %`
}
