import { computed } from 'vue'
import { listModels, modelTraffic, whatServes, type Model, type Serving } from '@/api/models'
import { useNow } from '@/composables/useNow'
import { useResource } from '@/composables/useResource'
import { priceNow, serves } from '@/domain/serving'
import { isoSeconds } from '@/domain/time'
import { useSession } from '@/stores/session'

const DAY_MS = 86_400_000

export interface ModelRow extends Model {
  id: string
  requests: number | null // of the last 24 hours; null: not known
  accounts: Serving['accounts'] | null // null: not for this user
  price: Serving['prices'][number] | null
}

// Models that one may use, each with its traffic; for administrators with its accounts and its price.
export function useModelRows() {
  const session = useSession()
  const now = useNow()
  const models = useResource(() => 0, (_, signal) => listModels(signal))
  const traffic = useResource(() => 0, (_, signal) => modelTraffic(isoSeconds(new Date(Date.now() - DAY_MS)), signal))
  const serving = useResource(() => session.isAdmin, (admin, signal) => (admin ? whatServes(signal) : Promise.resolve(null)))
  const at = new Date(now.value)

  const rows = computed(() =>
    (models.data.value ?? []).map((model): ModelRow => {
      const all = serving.data.value
      return {
        ...model,
        id: `${model.name}\n${model.provider}`,
        requests: traffic.data.value ? (traffic.data.value.get(model.name)?.requests ?? 0) : null,
        accounts: all ? all.accounts.filter((account) => serves(account, model, all.tierModels)) : null,
        price: all ? priceNow(all.prices, model, at) : null,
      }
    }),
  )
  return { models, traffic, serving, rows }
}
