import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { isAbort } from '@/api/errors'
import { getStatus, type Status } from '@/api/status'

const FRESH_MS = 5_000

// The health of the whole, asked for in this one place: whoever shows it, the top bar says the same of it.
export const useStatus = defineStore('status', () => {
  const status = ref<Status | null>(null)
  const failedAt = ref<Date | null>(null)

  let calls = 0
  let lastHeard = 0 // of which call; what an older one says after it is no news
  let toldAt = -Infinity

  function hear(call: number, answer: Status | null) {
    if (call < lastHeard) return
    lastHeard = call
    if (!answer) return void (failedAt.value ??= new Date())
    status.value = answer
    failedAt.value = null
    toldAt = Date.now()
  }

  async function load(signal?: AbortSignal): Promise<Status> {
    const call = (calls += 1)
    try {
      const answer = await getStatus(signal)
      hear(call, answer)
      return answer
    } catch (error) {
      // Who went elsewhere asks no more, which says nothing of the whole.
      if (!isAbort(error)) hear(call, null)
      throw error
    }
  }

  // For who only follows: nothing is asked where a page that looks closer has just been told.
  async function follow() {
    if (failedAt.value || Date.now() - toldAt >= FRESH_MS) await load()
  }

  const relays = computed(() => (status.value?.relays ?? []).filter((relay) => relay.connected))

  // How many relays have a revision, and of how many that are connected: [3, 3].
  function relaysWith(revision: number): [number, number] {
    return [relays.value.filter((relay) => relay.revision >= revision).length, relays.value.length]
  }
  // Those that have gone and are still listed with them.
  const relaysListed = computed(() => status.value?.relays?.length ?? 0)

  return { status, failedAt, relays, relaysListed, relaysWith, load, follow }
})
