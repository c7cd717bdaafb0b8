import { ref, watch } from 'vue'
import type { Status } from '@/api/status'
import { perSecond, type Sample } from '@/domain/relayState'

// Requests a second of each relay, from how its counter goes on between two looks.
export function useRelayRates(status: () => Status | null, at: () => Date | null) {
  const rates = ref(new Map<string, number | null>())
  let before = new Map<string, Sample>()

  watch(at, (time) => {
    if (!time) return
    const now = new Map<string, Sample>()
    const found = new Map<string, number | null>()
    for (const relay of status()?.relays ?? []) {
      if (!relay.figures) continue
      const sample = { at: time.getTime(), total: relay.figures.requests_total }
      now.set(relay.id, sample)
      found.set(relay.id, perSecond(before.get(relay.id), sample))
    }
    before = now
    rates.value = found
  })
  return rates
}
