import { computed, ref } from 'vue'
import { listModels, modelPrices, modelTraffic, whatServes, type Model, type ModelPrice, type Serving } from '@/api/models'
import { useNow } from '@/composables/useNow'
import { useResource } from '@/composables/useResource'
import { priceNow, serves } from '@/domain/serving'
import { isoSeconds } from '@/domain/time'
import { useSession } from '@/stores/session'

const DAY_MS = 86_400_000

export const AMOUNTS = ['input', 'output', 'cache_read', 'cache_write_5m', 'cache_write_1h'] as const
export type Amounts = Record<(typeof AMOUNTS)[number], string | null>

export interface ModelRow extends Model {
  id: string
  requests: number | null // of the last 24 hours; null: not known
  rank: number // what of them the list is sorted by
  accounts: Serving['accounts'] | null // null: not for this user
  accountsWhole: boolean // no more serve it than `accounts` has
  price: Amounts | null // the list's for administrators, with the group's multiplier for others
  listed: { model: string; provider: string; aliases: string[] } | null // the list's line of the price
  priceKnown: boolean // no price is none, rather than one that was not looked at
}

type Own = Pick<ModelRow, 'accounts' | 'accountsWhole' | 'price' | 'listed' | 'priceKnown'>

function ofAll(model: Model, all: Serving | null, at: Date): Own {
  if (!all) return { accounts: null, accountsWhole: false, price: null, listed: null, priceKnown: false }
  const price = priceNow(all.prices, model, at)
  return { accounts: all.accounts.filter((account) => serves(account, model, all.tierModels)), accountsWhole: all.accountsWhole, price, listed: price, priceKnown: all.pricesWhole }
}

const ofOne = ({ price }: ModelPrice): Own => ({ accounts: null, accountsWhole: false, price, listed: null, priceKnown: true })

// Models that one may use, each with its traffic and what it costs: administrators see whose accounts serve it
// and the list's price, others what their group pays.
export function useModelRows(group: () => number) {
  const session = useSession()
  const now = useNow()
  const admin = session.isAdmin
  const models = useResource(() => 0, (_, signal) => (admin ? listModels(signal) : Promise.resolve(null)))
  const own = useResource(group, (id, signal) => (admin ? Promise.resolve(null) : modelPrices(id, signal)))
  const serving = useResource(() => admin, (all, signal) => (all ? whatServes(signal) : Promise.resolve(null)))
  const seen = ref<string[]>([]) // names on the page: their traffic is asked for
  const traffic = useResource(() => seen.value, (names, signal) => modelTraffic(isoSeconds(new Date(Date.now() - DAY_MS)), names, signal))
  const at = new Date(now.value)

  const found = computed((): (Model & Own)[] =>
    admin
      ? (models.data.value ?? []).map((model) => ({ ...model, ...ofAll(model, serving.data.value, at) }))
      : (own.data.value?.data ?? []).map((model) => ({ name: model.name, provider: model.provider, ...ofOne(model) })),
  )
  const rows = computed(() =>
    found.value.map((model): ModelRow => ({
      ...model,
      id: `${model.name}\n${model.provider}`,
      requests: traffic.data.value?.requests.get(model.name) ?? null,
      rank: traffic.data.value?.top.get(model.name) ?? 0,
    })),
  )
  return { list: admin ? models : own, own, traffic, serving, rows, seen }
}
