import { defineStore } from 'pinia'
import { ref } from 'vue'
import { asApiError } from '@/api/errors'

// Runs an act; where the server wants a fresh proof of who is there, asks for it once and tries again.
export const useProof = defineStore('proof', () => {
  const asking = ref(false)
  let waiting: Promise<boolean> | null = null
  let settle: ((given: boolean) => void) | null = null

  // Once for all acts that want it.
  function ask(): Promise<boolean> {
    waiting ??= new Promise((resolve) => {
      settle = resolve
      asking.value = true
    })
    return waiting
  }

  function end(given: boolean) {
    asking.value = false
    settle?.(given)
    waiting = settle = null
  }

  async function proven<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      if (asApiError(error).reason !== 'confirm_needed' || !(await ask())) throw error
      return act()
    }
  }

  return { asking, end, proven }
})
