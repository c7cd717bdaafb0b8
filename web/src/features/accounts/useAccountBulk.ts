import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError, type ApiError } from '@/api/errors'
import { changeAccounts, type AccountChange, type BulkBody } from '@/api/accounts'
import { useSaved } from '@/composables/useSaved'
import type { Selection } from '@/composables/useSelection'
import { exactCount } from '@/domain/numbers'
import { useProof } from '@/stores/proof'
import type { AccountFilter } from './accountFilters'

const REASONS_SHOWN = 3

// One change of what is ticked, or of all that match; as many as were shown, or none at all.
export function useAccountBulk(selection: Selection, total: () => number, filter: () => AccountFilter, changed: () => void) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const said = ref('') // which of them were not changed, and why
  const count = computed(() => (selection.all.value ? total() : selection.count.value))

  function bodyOf(change: AccountChange): BulkBody {
    const which = selection.all.value ? { filter: filter() as BulkBody['filter'] } : { ids: [...selection.ids.value] }
    return { change, expect_count: count.value, ...which } as BulkBody
  }

  async function apply(change: AccountChange): Promise<boolean> {
    busy.value = true
    error.value = null
    said.value = ''
    const asked = count.value
    try {
      const { data, revision } = await proven(() => changeAccounts(bodyOf(change)))
      const why = [...new Set(data.failed.map((failure) => failure.error))].slice(0, REASONS_SHOWN).join(' · ')
      if (data.failed.length > 0) said.value = `${t('accountForm.bulkFailed', { failed: data.failed.length, count: exactCount(asked) })} ${why}`
      else void saved(revision, t('accountForm.bulkDone', { count: exactCount(data.changed.length) }))
      selection.clear()
      for (const { id } of data.failed) selection.toggle(id)
      changed()
      return data.failed.length === 0
    } catch (failure) {
      error.value = asApiError(failure)
      return false
    } finally {
      busy.value = false
    }
  }

  return { count, busy, error, said, apply }
}
