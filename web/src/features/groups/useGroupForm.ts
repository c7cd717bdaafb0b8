import { useI18n } from 'vue-i18n'
import { changeGroup, createGroup, getGroup, type Group, type GroupBody } from '@/api/groups'
import { useRecordForm } from '@/composables/useRecordForm'
import { useSaved } from '@/composables/useSaved'
import { limitFaults, limitTexts, limitsOf } from '@/domain/limits'
import { linesOf, textOfLines } from '@/domain/lines'
import { pairsOf, textOfPairs } from '@/domain/pairs'
import { useProof } from '@/stores/proof'

function valuesOf(group: Group | null) {
  return {
    name: group?.name ?? '',
    remark: group?.remark ?? '',
    status: group?.status ?? ('active' as const),
    price_multiplier: group?.price_multiplier ?? '1',
    model_mapping: textOfPairs(group?.model_mapping as Record<string, string>, '='),
    fallbacks: textOfLines(group?.fallbacks),
    system_prompt: group?.system_prompt ?? '',
    allowed_ips: textOfLines(group?.allowed_ips),
    limits: limitTexts(group?.limits),
    redis_away_policy: group?.redis_away_policy ?? ('default' as const),
    native_only: group?.native_only ?? false,
    cache: group?.cache ?? false,
    cache_ttl_ms: group?.cache_ttl_ms?.toString() ?? '',
    record_bodies: group?.record_bodies ?? false,
  }
}

export type GroupValues = ReturnType<typeof valuesOf>

function bodyOf({ model_mapping, fallbacks, allowed_ips, limits, cache_ttl_ms, ...rest }: GroupValues): GroupBody {
  return {
    ...rest,
    model_mapping: pairsOf(model_mapping, '=').pairs,
    fallbacks: linesOf(fallbacks),
    allowed_ips: linesOf(allowed_ips),
    limits: limitsOf(limits),
    cache_ttl_ms: cache_ttl_ms.trim() ? Number(cache_ttl_ms) : null,
  } as GroupBody
}

// One form for a new group and one that is there.
export function useGroupForm(start: Group | null) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const done = async (change: Promise<{ revision: number }>) => void saved((await change).revision)
  const line = (wrong: number[]) => (wrong.length > 0 ? t('accountForm.wrong.line', { line: wrong[0]! }) : '')

  return useRecordForm({
    record: start,
    valuesOf,
    bodyOf,
    rules: {
      name: (text) => (text.trim() ? '' : t('form.required')),
      price_multiplier: (text) => (/^\d{1,6}(\.\d{1,6})?$/.test(text.trim()) ? '' : t('groups.wrongMultiplier')),
      model_mapping: (text) => line(pairsOf(text, '=').wrong),
      limits: (texts) => (Object.keys(limitFaults(texts)).length > 0 ? t('limits.help') : ''),
      cache_ttl_ms: (text) => (/^\d{0,10}$/.test(text.trim()) ? '' : t('accountForm.wrong.ms')),
    },
    get: getGroup,
    create: (body) => done(proven(() => createGroup(body))),
    change: (id, version, body) => done(proven(() => changeGroup(id, version, body as GroupBody))),
  })
}
