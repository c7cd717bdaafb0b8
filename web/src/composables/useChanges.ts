import { computed } from 'vue'
import { listAudit } from '@/api/audit'
import { useResource } from './useResource'

// Of one by its id, or by its name where it has none; of `all` of that kind; 0: nothing is asked.
export type ChangesOf = number | 'all' | { name: string }

function narrowed(of: ChangesOf) {
  if (of === 'all') return {}
  return typeof of === 'number' ? { resource_id: of } : { resource_name: of.name }
}

// A thing's own slice of the audit log, the newest first.
export function useChanges(resource: string, id: () => ChangesOf, limit = 50) {
  const { data, error, reload } = useResource(
    () => ({ of: id(), limit }),
    ({ of }, signal) => (of ? listAudit({ resource, limit, ...narrowed(of) }, signal) : Promise.resolve(null)),
  )
  return { entries: computed(() => data.value?.data ?? []), loaded: computed(() => data.value !== null), error, reload }
}
