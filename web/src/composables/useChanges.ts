import { computed } from 'vue'
import { listAudit } from '@/api/audit'
import { useResource } from './useResource'

// A thing's own slice of the audit log, the newest first. No id: nothing is asked.
export function useChanges(resource: string, id: () => number, limit = 50) {
  const { data, error, reload } = useResource(
    () => ({ resource, resource_id: id(), limit }),
    (query, signal) => (query.resource_id ? listAudit(query, signal) : Promise.resolve(null)),
  )
  return { entries: computed(() => data.value?.data ?? []), loaded: computed(() => data.value !== null), error, reload }
}
