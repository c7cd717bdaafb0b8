import { computed } from 'vue'
import { useSession } from '@/stores/session'
import { useChanges, type ChangesOf } from './useChanges'

const LOOKED_AT = 10

// Who changed a thing last, and when, asked for while somebody is in the way (0: nobody is). Null where that is not
// known; who is no administrator is not told.
export function useLastChange(resource: string, id: () => ChangesOf) {
  const session = useSession()
  const { entries } = useChanges(resource, () => (session.isAdmin ? id() : 0), LOOKED_AT)
  return computed(() => {
    const last = entries.value.find(({ changes }) => changes.length > 0) // a test of it is no change
    return last ? { actor: last.actor, at: last.at } : null
  })
}
