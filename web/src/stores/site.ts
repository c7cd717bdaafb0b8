import { defineStore } from 'pinia'
import { ref } from 'vue'
import { publicSite } from '@/api/session'

type Site = Awaited<ReturnType<typeof publicSite>>

// What may be known before anybody has logged in.
export const useSite = defineStore('site', () => {
  const site = ref<Site | null>(null)

  async function load(): Promise<Site> {
    site.value = await publicSite()
    return site.value
  }

  return { site, load }
})
