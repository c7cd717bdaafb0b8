import { computed, onScopeDispose, ref } from 'vue'
import { listAccounts } from '@/api/accounts'
import { listKeys } from '@/api/keys'
import { listUsers } from '@/api/users'
import { useResource } from '@/composables/useResource'

const PATIENCE_MS = 1_000

export interface GroupCounts {
  accounts: number
  normal: number
  keys: number
  users: number
}

// What a group has: totals of lists of one row, four questions for each group that is shown.
export async function groupCounts(group_id: number, signal?: AbortSignal): Promise<GroupCounts> {
  const query = { group_id, limit: 1 }
  const [accounts, normal, keys, users] = await Promise.all([
    listAccounts(query, signal),
    listAccounts({ ...query, status: 'normal' }, signal),
    listKeys(query, signal),
    listUsers(query, signal),
  ])
  return { accounts: accounts.total, normal: normal.total, keys: keys.total, users: users.total }
}

export function useGroupCounts(ids: () => number[]) {
  const { data, error, reload } = useResource(ids, async (shown, signal) => {
    const counts = await Promise.all(shown.map((id) => groupCounts(id, signal)))
    return new Map(shown.map((id, i) => [id, counts[i]!]))
  })
  const counts = computed(() => data.value ?? new Map<number, GroupCounts>())
  // Rows are not shown before their counts, which would move them: once, and not for long.
  const patient = ref(true)
  const timer = setTimeout(() => (patient.value = false), PATIENCE_MS)
  onScopeDispose(() => clearTimeout(timer))
  const ready = computed(() => !patient.value || error.value !== null || ids().every((id) => counts.value.has(id)))
  return { counts, ready, error, reload }
}
