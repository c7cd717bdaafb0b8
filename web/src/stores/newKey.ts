import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { KeyWithText } from '@/api/keys'

// A key's text that was made just now. It stands above all pages until it is safe: Back does not lose it.
export const useNewKey = defineStore('newKey', () => {
  const made = shallowRef<KeyWithText | null>(null)
  return { made }
})
