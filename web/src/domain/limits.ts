// Limits as a form has them: texts, empty for none; and as the API does.

export const COUNT_LIMITS = ['rpm', 'tpm', 'concurrency', 'requests_per_day', 'requests_per_month', 'requests_total'] as const
export const USD_LIMITS = ['usd_per_day', 'usd_per_month', 'usd_total'] as const
export const LIMIT_NAMES = [...COUNT_LIMITS, ...USD_LIMITS] as const

export type LimitName = (typeof LIMIT_NAMES)[number]
export type LimitTexts = Record<LimitName, string>
export type Limits = Record<(typeof COUNT_LIMITS)[number], number | null> & Record<(typeof USD_LIMITS)[number], string | null>

export const isUsdLimit = (name: LimitName): boolean => name.startsWith('usd_')

export function limitTexts(limits?: Partial<Limits> | null): LimitTexts {
  return Object.fromEntries(LIMIT_NAMES.map((name) => [name, limits?.[name]?.toString() ?? ''])) as LimitTexts
}

export function limitsOf(texts: LimitTexts): Limits {
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => {
      const text = texts[name].trim()
      if (text === '') return [name, null]
      return [name, isUsdLimit(name) ? text : Number(text)]
    }),
  ) as Limits
}

// Which of them cannot be read: 'wholeNumber' or 'amount', by name.
export function limitFaults(texts: LimitTexts): Partial<Record<LimitName, 'wholeNumber' | 'amount'>> {
  const faults: Partial<Record<LimitName, 'wholeNumber' | 'amount'>> = {}
  for (const name of LIMIT_NAMES) {
    const text = texts[name].trim()
    if (text === '') continue
    if (isUsdLimit(name) && !/^\d+(\.\d{1,9})?$/.test(text)) faults[name] = 'amount'
    if (!isUsdLimit(name) && !(/^\d+$/.test(text) && Number.isSafeInteger(Number(text)))) faults[name] = 'wholeNumber'
  }
  return faults
}
