import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError, asApiError } from '@/api/errors'
import { exactCount } from '@/domain/numbers'
import { useProof } from '@/stores/proof'
import { useSaved } from './useSaved'
import type { Selection } from './useSelection'

export const BULK_TYPED_ABOVE = 20 // of more than these the number is typed
const REASONS_MAX = 3

export interface BulkScope<Filter> {
  expect_count: number
  ids?: number[]
  filter?: Filter
}

interface BulkFailure {
  id: number
  error: string
  status?: number
  reason?: string
  fields?: unknown
}

interface BulkAnswer {
  data: { changed: number[]; failed: BulkFailure[] }
  revision: number
}

// Refused for all alike: that is said where it was asked, at its field.
function refusalOf({ changed, failed }: BulkAnswer['data']): ApiError | null {
  const [first] = failed
  if (!first || changed.length > 0 || failed.some(({ error }) => error !== first.error)) return null
  return new ApiError(first.status ?? 400, first.reason ?? '', first.error, (first.fields ?? {}) as Record<string, string>)
}

// One change of what is ticked, or of all that match the filter: held to its number by expect_count, and
// what failed stays ticked with its reasons.
export function useBulk<Filter>(selection: Selection, list: () => { total: number; rowIds: number[]; filter: Filter }) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const said = ref('')

  // What was seen when the change was asked for: a list that comes again under the dialog does not widen it.
  const seen = shallowRef<{ which: BulkScope<Filter>; scope: string } | null>(null)
  const whichNow = (): BulkScope<Filter> =>
    selection.all.value
      ? { expect_count: list().total, filter: list().filter }
      : { expect_count: selection.count.value, ids: [...selection.ids.value] }
  const count = computed(() => (seen.value?.which ?? whichNow()).expect_count)
  const pageTicked = computed(() => list().rowIds.length > 0 && list().rowIds.every((id) => selection.ids.value.has(id)))
  // "All that match, 98 of them not on this page."
  const scopeNow = () =>
    selection.all.value ? t('bulk.all', { others: exactCount(Math.max(0, list().total - list().rowIds.length)) }) : t('bulk.ticked')
  const scope = computed(() => seen.value?.scope ?? scopeNow())

  function begin() {
    error.value = null
    said.value = ''
    seen.value = { which: whichNow(), scope: scopeNow() }
  }

  async function run(send: (scope: BulkScope<Filter>) => Promise<BulkAnswer>): Promise<boolean> {
    busy.value = true
    error.value = null
    const { which } = seen.value ?? { which: whichNow() }
    try {
      const { data, revision } = await proven(() => send(which))
      const refusal = refusalOf(data)
      if (refusal) throw refusal
      seen.value = null
      void saved(revision, t('bulk.changed', { count: exactCount(data.changed.length) }))
      const why = [...new Set(data.failed.map((failure) => failure.error))].slice(0, REASONS_MAX).join(' · ')
      said.value = data.failed.length > 0 ? t('bulk.failed', { count: exactCount(data.failed.length), why }) : ''
      selection.clear()
      for (const { id } of data.failed) selection.toggle(id)
      return true
    } catch (failure) {
      error.value = asApiError(failure)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, error, said, count, pageTicked, scope, begin, run }
}
