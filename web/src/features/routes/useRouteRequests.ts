import { usageSummary } from '@/api/usage'
import { useResource } from '@/composables/useResource'
import { matchesModel } from '@/domain/modelPattern'
import { isoSeconds } from '@/domain/time'

const DAY_MS = 86_400_000

interface About {
  model: string
  group_ids: number[]
}

// How many requests of the last 24 hours asked for what a route is about, by the ledger's sums of each model.
export function useRouteRequests(route: () => About) {
  return useResource(
    () => ({ model: route().model, group_id: route().group_ids }),
    async ({ model, group_id }, signal) => {
      const from = isoSeconds(new Date(Date.now() - DAY_MS))
      const { data, truncated } = await usageSummary({ from, by: ['model'], ...(group_id.length > 0 && { group_id }) }, signal)
      const requests = data.filter((row) => matchesModel(model, row.model ?? '')).reduce((sum, row) => sum + row.requests, 0)
      return { requests, atLeast: truncated }
    },
  )
}
