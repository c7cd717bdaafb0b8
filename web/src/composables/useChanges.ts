import { computed } from 'vue'
import { listAudit } from '@/api/audit'
import { useResource } from './useResource'

// A thing's own slice of the audit log, the newest first: of one by its id, or of `all` of that kind. No id:
// nothing is asked.
export function useChanges(resource: string, id: () => number | 'all', limit = 50) {
  const { data, error, reload } = useResource(
    () => ({ of: id(), limit }),
    ({ of }, signal) => (of ? listAudit({ resource, limit, ...(of !== 'all' && { resource_id: of }) }, signal) : Promise.resolve(null)),
  )
  return { entries: computed(() => data.value?.data ?? []), loaded: computed(() => data.value !== null), error, reload }
}
