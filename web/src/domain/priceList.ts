// A list of prices as somebody sends it, CSV or JSON: which rows of it are taken over, and from when.
// The cells stay as they came; what they mean is for the server to say.

export interface PickedList {
  text: string
  type: 'text/csv' | 'application/json'
}

export const priceKey = (provider: string, model: string) => `${provider}\n${model}`

export const listType = (text: string): PickedList['type'] => (/^\uFEFF?\s*[[{]/.test(text) ? 'application/json' : 'text/csv')

// One line of CSV: cells, with quotes where they hold commas.
export function cellsOf(line: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i += 1) {
    const sign = line[i]!
    if (quoted && sign === '"' && line[i + 1] === '"') {
      cell += '"'
      i += 1
    } else if (sign === '"') quoted = !quoted
    else if (sign === ',' && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += sign
  }
  return [...cells, cell].map((text) => text.trim())
}

const written = (cell: string) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function pickCsv(text: string, chosen: ReadonlySet<string>, from: string | null): string {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const header = cellsOf(lines[0] ?? '')
  const at = (name: string) => header.indexOf(name)
  const dated = at('effective_from') >= 0 || !from ? header : [...header, 'effective_from']
  const rows = lines
    .slice(1)
    .map(cellsOf)
    .filter((cells) => chosen.has(priceKey(cells[at('provider')] ?? '', cells[at('model')] ?? '')))
    .map((cells) => dated.map((name, i) => (name === 'effective_from' ? cells[i] || from || '' : (cells[i] ?? ''))))
  return [dated, ...rows].map((cells) => cells.map(written).join(',')).join('\n') + '\n'
}

interface Entry {
  provider?: unknown
  model?: unknown
  effective_from?: unknown
}

function pickJson(text: string, chosen: ReadonlySet<string>, from: string | null): string {
  const value = JSON.parse(text.replace(/^\uFEFF/, '')) as Entry[] | { data?: Entry[] }
  const entries = Array.isArray(value) ? value : (value.data ?? [])
  const picked = entries.filter(({ provider, model }) => chosen.has(priceKey(String(provider ?? ''), String(model ?? ''))))
  return JSON.stringify(picked.map((entry) => ({ ...entry, effective_from: entry.effective_from ?? from })))
}

// The chosen models' rows; those without a date of their own get `from`.
export function pickPrices(text: string, chosen: ReadonlySet<string>, from: string | null): PickedList {
  const type = listType(text)
  return { type, text: type === 'text/csv' ? pickCsv(text, chosen, from) : pickJson(text, chosen, from) }
}
