import { computed } from 'vue'
import { STATUSES, listAccounts } from '@/api/accounts'
import { useResource } from '@/composables/useResource'
import type { AccountFilter } from './accountFilters'

// How many there are of each status under the other filters: the totals of lists of one row.
export function useAccountCounts(filter: () => AccountFilter) {
  const { data, error, reload } = useResource(
    () => ({ ...filter(), status: undefined }),
    (question, signal) =>
      Promise.all(
        STATUSES.map(async (status) => {
          const { total } = await listAccounts({ ...question, status, limit: 1 }, signal)
          return { status, count: total }
        }),
      ),
  )
  return { counts: computed(() => data.value ?? []), error, reload }
}
