import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'
import { changeGroup, createGroup, getGroup, type Group, type GroupBody } from '@/api/groups'
import { useForm } from '@/composables/useForm'
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

// One form for a new group and one that is there. Who saved meanwhile is shown before anything is lost.
export function useGroupForm(start: Group | null) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const version = ref(start?.version ?? 0)
  const theirs = shallowRef<Group | null>(null)

  async function save(values: GroupValues) {
    const body = bodyOf(values)
    try {
      const { revision } = await proven(() => (start ? changeGroup(start.id, version.value, body) : createGroup(body)))
      void saved(revision)
    } catch (failure) {
      if (start && asApiError(failure).isConflict) {
        const there = await getGroup(start.id)
        if (there.version !== version.value) theirs.value = there // else it is another conflict: a name that is taken
      }
      throw failure
    }
  }

  const line = (wrong: number[]) => (wrong.length > 0 ? t('accountForm.wrong.line', { line: wrong[0]! }) : '')
  const form = useForm(
    valuesOf(start),
    {
      name: (text) => (text.trim() ? '' : t('form.required')),
      price_multiplier: (text) => (/^\d{1,6}(\.\d{1,6})?$/.test(text.trim()) ? '' : t('groups.wrongMultiplier')),
      model_mapping: (text) => line(pairsOf(text, '=').wrong),
      limits: (texts) => (Object.keys(limitFaults(texts)).length > 0 ? t('limits.help') : ''),
      cache_ttl_ms: (text) => (/^\d{0,10}$/.test(text.trim()) ? '' : t('accountForm.wrong.ms')),
    },
    save,
  )

  // Theirs is taken, mine is gone; or mine goes over theirs, knowingly.
  function takeTheirs() {
    version.value = theirs.value!.version
    form.reset(valuesOf(theirs.value))
    theirs.value = null
  }

  async function saveOver() {
    version.value = theirs.value!.version
    theirs.value = null
    return form.submit()
  }

  return { ...form, theirs, takeTheirs, saveOver, valuesOf, mine: () => ({ ...form.values }) }
}
