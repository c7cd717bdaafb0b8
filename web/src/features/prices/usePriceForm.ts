import { useI18n } from 'vue-i18n'
import { createPrice, type Price, type PriceBody } from '@/api/prices'
import { useForm } from '@/composables/useForm'
import { useSaved } from '@/composables/useSaved'
import { isPrice } from '@/domain/money'
import { linesOf, textOfLines } from '@/domain/lines'

export const AMOUNTS = ['input', 'output', 'cache_read', 'cache_write_5m', 'cache_write_1h'] as const
export const TIER_AMOUNTS = ['tier_input', 'tier_output', 'tier_cache_read', 'tier_cache_write_5m', 'tier_cache_write_1h'] as const
const COUNTS = ['tier_above_input_tokens', 'max_output_tokens'] as const
const NEEDED = new Set<string>(['input', 'output'])

// A new price begins with what the last one said.
function valuesOf(model: string, provider: string, last: Price | null) {
  const amounts = Object.fromEntries([...AMOUNTS, ...TIER_AMOUNTS].map((name) => [name, last?.[name] ?? '']))
  const counts = Object.fromEntries(COUNTS.map((name) => [name, last?.[name]?.toString() ?? '']))
  return {
    provider: last?.provider ?? provider,
    model: last?.model ?? model,
    aliases: textOfLines(last?.aliases),
    effective_from: null as string | null,
    free: false,
    ...(amounts as Record<(typeof AMOUNTS)[number] | (typeof TIER_AMOUNTS)[number], string>),
    ...(counts as Record<(typeof COUNTS)[number], string>),
  }
}

type Values = ReturnType<typeof valuesOf>

function bodyOf(values: Values): PriceBody {
  const body: PriceBody = {
    provider: values.provider.trim(),
    model: values.model.trim(),
    aliases: linesOf(values.aliases),
    effective_from: values.effective_from,
    free: values.free,
    input: values.input.trim(),
    output: values.output.trim(),
  }
  for (const name of [...AMOUNTS, ...TIER_AMOUNTS]) body[name] = values[name].trim() || null
  for (const name of COUNTS) body[name] = values[name].trim() ? Number(values[name]) : null
  return body
}

// A price is never changed: another one follows it.
export function usePriceForm(model: string, provider: string, last: Price | null) {
  const { t } = useI18n()
  const { saved } = useSaved()

  const amount = (name: string) => (value: string) => {
    if (!value.trim()) return NEEDED.has(name) ? t('form.required') : ''
    return isPrice(value.trim()) ? '' : t('prices.amountHelp')
  }
  const count = (value: string) => (/^\d{0,15}$/.test(value.trim()) ? '' : t('limits.wholeNumber'))
  const rules = Object.fromEntries([
    ...[...AMOUNTS, ...TIER_AMOUNTS].map((name) => [name, amount(name)]),
    ...COUNTS.map((name) => [name, count]),
    ['model', (value: string) => (value.trim() ? '' : t('form.required'))],
  ])
  return useForm(valuesOf(model, provider, last), rules, async (values) => {
    const { revision } = await createPrice(bodyOf(values))
    void saved(revision)
  })
}
