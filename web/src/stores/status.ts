import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { getStatus, type Status } from '@/api/status'

// The health of the whole: one phrase in the top bar, revisions beside what was saved.
export const useStatus = defineStore('status', () => {
  const status = ref<Status | null>(null)
  const failedAt = ref<Date | null>(null)

  async function load(signal?: AbortSignal) {
    try {
      status.value = await getStatus(signal)
      failedAt.value = null
    } catch (error) {
      failedAt.value ??= new Date()
      throw error
    }
  }

  const relays = computed(() => (status.value?.relays ?? []).filter((relay) => relay.connected))

  // How many relays have a revision: [3, 3].
  function relaysWith(revision: number): [number, number] {
    return [relays.value.filter((relay) => relay.revision >= revision).length, relays.value.length]
  }

  return { status, failedAt, relays, relaysWith, load }
})
