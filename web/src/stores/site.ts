import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { publicSite } from '@/api/session'

type Site = Awaited<ReturnType<typeof publicSite>>

const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : '')

// What may be known before anybody has logged in.
export const useSite = defineStore('site', () => {
  const site = ref<Site | null>(null)

  // A page may connect to the relays' address of when it was served (its content security policy), no other.
  const servedWith = ref<string | null>(null)
  const isStale = computed(() => servedWith.value !== null && originOf(site.value?.relay_url ?? '') !== servedWith.value)

  async function load(): Promise<Site> {
    site.value = await publicSite()
    servedWith.value ??= originOf(site.value.relay_url)
    return site.value
  }

  return { site, isStale, load }
})
