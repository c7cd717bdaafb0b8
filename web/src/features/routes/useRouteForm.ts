import { useI18n } from 'vue-i18n'
import { changeRoute, createRoute, getRoute, type Route, type RouteBody } from '@/api/routes'
import { useRecordForm } from '@/composables/useRecordForm'
import { useSaved } from '@/composables/useSaved'
import { linesOf, textOfLines } from '@/domain/lines'
import { POSITION_MAX } from '@/domain/routing'
import { countOf, isCount, type RuleTexts, ruleOf, ruleTexts } from './ruleTexts'

export const TIMEOUTS = ['connect_ms', 'first_byte_ms', 'idle_ms', 'total_ms'] as const
export const BOUNDS = ['min', 'default', 'max'] as const

// What each field is called, of locales/*/routes.ts.
export const ROUTE_WORDS = {
  name: 'name',
  model: 'model',
  group_ids: 'groups',
  position: 'position',
  status: 'status',
  upstream_model: 'upstream',
  rules: 'rules',
  fallbacks: 'fallbacks',
  max_tokens: 'maxTokens',
  timeouts: 'timeouts',
  temperature_default: 'temperature',
  stream: 'streamLabel',
  attempts_max: 'attempts',
  on_disconnect: 'disconnectLabel',
  drain_ms_max: 'drainMs',
  drain_usd_max: 'drainUsd',
  native_only: 'native',
} as const satisfies Partial<Record<keyof RouteBody, string>>

const textOf = (value: number | string | null | undefined) => value?.toString() ?? ''

function valuesOf(route: Route | null) {
  return {
    name: route?.name ?? '',
    model: route?.model ?? '',
    group_ids: route?.group_ids ?? ([] as number[]),
    position: textOf(route?.position ?? 0),
    status: route?.status ?? ('active' as const),
    upstream_model: route?.upstream_model ?? '',
    rules: (route?.rules ?? []).map(ruleTexts),
    fallbacks: textOfLines(route?.fallbacks),
    max_tokens: Object.fromEntries(BOUNDS.map((name) => [name, textOf(route?.max_tokens[name])])) as Record<(typeof BOUNDS)[number], string>,
    timeouts: Object.fromEntries(TIMEOUTS.map((name) => [name, textOf(route?.timeouts[name])])) as Record<(typeof TIMEOUTS)[number], string>,
    temperature_default: textOf(route?.temperature_default),
    stream: route?.stream ?? ('as_asked' as const),
    attempts_max: textOf(route?.attempts_max),
    on_disconnect: route?.on_disconnect ?? ('default' as const),
    drain_ms_max: textOf(route?.drain_ms_max),
    drain_usd_max: textOf(route?.drain_usd_max),
    native_only: route?.native_only ?? false,
  }
}

type Values = ReturnType<typeof valuesOf>

const countsOf = <Name extends string>(texts: Record<Name, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, countOf(text as string)])) as Record<Name, number | null>

function bodyOf(values: Values): RouteBody {
  return {
    ...values,
    name: values.name.trim(),
    model: values.model.trim(),
    position: Number(values.position || 0),
    upstream_model: values.upstream_model.trim(),
    rules: values.rules.map(ruleOf),
    fallbacks: linesOf(values.fallbacks),
    max_tokens: countsOf(values.max_tokens),
    timeouts: countsOf(values.timeouts),
    temperature_default: values.temperature_default.trim() || null,
    attempts_max: countOf(values.attempts_max),
    drain_ms_max: countOf(values.drain_ms_max),
    drain_usd_max: values.drain_usd_max.trim() || null,
  }
}

export function useRouteForm(start: Route | null) {
  const { t } = useI18n()
  const { saved } = useSaved()

  const counts = (texts: Record<string, string>) => (Object.values(texts).every(isCount) ? '' : t('limits.wholeNumber'))
  const ruleFault = (rule: RuleTexts) => !rule.upstream_model.trim() || !isCount(rule.input_tokens_above) || !isCount(rule.input_tokens_below)

  return useRecordForm({
    record: start,
    valuesOf,
    bodyOf,
    rules: {
      model: (value) => (value.trim() ? '' : t('form.required')),
      position: (value) => (isCount(value) && Number(value) <= POSITION_MAX ? '' : t('routes.positionHelp')),
      rules: (value) => (value.some(ruleFault) ? t('routes.ruleFault') : ''),
      max_tokens: counts,
      timeouts: counts,
      attempts_max: (value) => counts({ value }),
      drain_ms_max: (value) => counts({ value }),
    },
    get: getRoute,
    create: async (body) => void saved((await createRoute(body)).revision),
    change: async (id, version, body) => void saved((await changeRoute(id, version, body)).revision),
  })
}
