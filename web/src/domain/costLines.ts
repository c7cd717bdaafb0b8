// What a request cost, line by line: tokens × price of a million = USD. Exact: whole numbers of 10⁻¹⁵ USD.

export interface PricedLog {
  input_tokens: number
  output_tokens: number
  cache_read_tokens: number
  cache_write_5m_tokens: number
  cache_write_1h_tokens: number
}

export interface PriceOfLog {
  input: string
  output: string
  cache_read: string
  cache_write_5m: string
  cache_write_1h: string
}

export interface CostLine {
  kind: 'input' | 'cache_read' | 'cache_write_5m' | 'cache_write_1h' | 'output'
  tokens: number
  price: string // USD of a million
  usd: string
}

const KINDS = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output'] as const
const MILLION_PLACES = 6

// "0.6" × 1204 / 1,000,000 as decimal text, without a float anywhere.
export function costOf(tokens: number, pricePerMillion: string): string {
  const [whole = '0', fraction = ''] = pricePerMillion.split('.')
  const digits = (BigInt(whole + fraction) * BigInt(tokens)).toString()
  const places = fraction.length + MILLION_PLACES
  const padded = digits.padStart(places + 1, '0')
  const rest = padded.slice(-places).replace(/0+$/, '')
  return padded.slice(0, -places) + (rest ? `.${rest}` : '')
}

// Only what the request used; null where there is no price.
export function costLines(log: PricedLog, price: PriceOfLog | null | undefined): CostLine[] {
  if (!price) return []
  return KINDS.flatMap((kind): CostLine[] => {
    const tokens = log[`${kind}_tokens`]
    return tokens > 0 ? [{ kind, tokens, price: price[kind], usd: costOf(tokens, price[kind]) }] : []
  })
}
