import { computed, ref } from 'vue'
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
  rank: number // what of them the list is sorted by
  accounts: Serving['accounts'] | null // null: not for this user
  price: Serving['prices'][number] | null
  priceKnown: boolean // no price is none, rather than one that was not looked at
}

// Models that one may use, each with its traffic; for administrators with its accounts and its price.
export function useModelRows() {
  const session = useSession()
  const now = useNow()
  const models = useResource(() => 0, (_, signal) => listModels(signal))
  const seen = ref<string[]>([]) // names on the page: their traffic is asked for
  const traffic = useResource(() => seen.value, (names, signal) => modelTraffic(isoSeconds(new Date(Date.now() - DAY_MS)), names, signal))
  const serving = useResource(() => session.isAdmin, (admin, signal) => (admin ? whatServes(signal) : Promise.resolve(null)))
  const at = new Date(now.value)

  const rows = computed(() =>
    (models.data.value ?? []).map((model): ModelRow => {
      const all = serving.data.value
      return {
        ...model,
        id: `${model.name}\n${model.provider}`,
        requests: traffic.data.value?.requests.get(model.name) ?? null,
        rank: traffic.data.value?.top.get(model.name) ?? 0,
        accounts: all ? all.accounts.filter((account) => serves(account, model, all.tierModels)) : null,
        price: all ? priceNow(all.prices, model, at) : null,
        priceKnown: !!all && all.pricesWhole,
      }
    }),
  )
  return { models, traffic, serving, rows, seen }
}
