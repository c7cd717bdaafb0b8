// Money comes as decimal strings (`cost_usd`); it is shown, never added up: JavaScript's numbers are
// exact only to $9,007,199.25 in nano-USD.

const DECIMAL = /^-?\d+(\.\d+)?$/

function grouped(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, ',')
}

// Half up, on the digits themselves.
function rounded(whole: string, fraction: string, places: number): [string, string] {
  const digits = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'))
  const up = (fraction[places] ?? '0') >= '5'
  const text = (digits + (up ? 1n : 0n)).toString().padStart(places + 1, '0')
  return [text.slice(0, text.length - places), text.slice(text.length - places)]
}

// "$1,234.57" from $1 on, "$0.0042" below, "<$0.0001" below that; "–" for what is not known.
export function formatUsd(usd: string | null | undefined): string {
  if (usd === null || usd === undefined || !DECIMAL.test(usd)) return '–'
  const negative = usd.startsWith('-')
  const [whole = '0', fraction = ''] = usd.replace('-', '').split('.')
  const sign = negative ? '−' : ''
  if (/^0*$/.test(whole + fraction)) return '$0'
  if (/[1-9]/.test(whole)) {
    const [dollars, cents] = rounded(whole, fraction, 2)
    return `${sign}$${grouped(dollars)}.${cents}`
  }
  const [dollars, small] = rounded(whole, fraction, 4)
  if (/^0*$/.test(dollars + small)) return `${sign}<$0.0001`
  if (dollars !== '0') return `${sign}$${dollars}.00` // 0.99995 has become a dollar
  return `${sign}$${dollars}.${small}`
}

// All of it, for the title of a shortened one.
export function exactUsd(usd: string | null | undefined): string {
  if (usd === null || usd === undefined || !DECIMAL.test(usd)) return '–'
  const [whole = '0', fraction = ''] = usd.replace('-', '').split('.')
  const rest = fraction.replace(/0+$/, '')
  const sign = usd.startsWith('-') && /[1-9]/.test(usd) ? '−' : ''
  return `${sign}$${grouped(whole)}${rest === '' ? '' : '.' + rest}`
}

// "$3.00": what a million tokens cost, at least two digits after the point.
export function formatPrice(usd: string | null | undefined): string {
  if (usd === null || usd === undefined || !DECIMAL.test(usd)) return '–'
  const [whole = '0', fraction = ''] = usd.split('.')
  return `$${grouped(whole)}.${fraction.replace(/0+$/, '').padEnd(2, '0')}`
}

// Below zero, at and above one: for bars of limits. Exact enough for a width.
export function shareOf(used: string | null | undefined, limit: string | null | undefined): number {
  const total = Number(limit)
  return total > 0 ? Math.max(0, Number(used ?? 0) / total) : 0
}

// What the API takes as USD per million tokens: six digits after the point, as many as pico-USD have.
export const isPrice = (text: string): boolean => /^\d{1,9}(\.\d{1,6})?$/.test(text)

const signed = (text: string) => (text === '–' || text === '$0' || text.startsWith('−') ? text : `+${text}`)

// A difference: "+$1.20", "−$0.0042", "$0"; and with all its digits.
export const signedUsd = (usd: string | null | undefined): string => signed(formatUsd(usd))
export const exactSignedUsd = (usd: string | null | undefined): string => signed(exactUsd(usd))
