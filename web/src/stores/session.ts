import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as api from '@/api/session'
import { ApiError } from '@/api/errors'
import { cookie, onSessionEnd } from '@/api/client'

// Who is logged in, and the log-in over the page when the session has ended under it.
export const useSession = defineStore('session', () => {
  const user = ref<api.User | null>(null)
  const asking = ref(false)
  let waiting: Promise<boolean> | null = null
  let settle: ((in_again: boolean) => void) | null = null

  const isAdmin = computed(() => user.value?.role === 'admin')

  // Null when nobody is logged in. Without the cookie that scripts can read there is no session to ask for.
  async function load(): Promise<api.User | null> {
    if (!cookie('weir_csrf')) return (user.value = null)
    try {
      user.value = await api.profile()
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      user.value = null
    }
    return user.value
  }

  function loggedIn(who: api.User) {
    // Another user's page must not go on under this one's name.
    const same = user.value === null || user.value.id === who.id
    user.value = who
    if (!same) window.location.assign('/')
    asking.value = false
    settle?.(same)
    waiting = settle = null
  }

  // Once for all calls that find the session ended; before the first log-in it is nobody's business.
  function logInAgain(): Promise<boolean> {
    if (!user.value) return Promise.resolve(false)
    waiting ??= new Promise((resolve) => {
      settle = resolve
      asking.value = true
    })
    return waiting
  }

  async function logOut() {
    const asked = waiting
    await api.logOut().catch(() => undefined)
    user.value = null
    if (asked) settle?.(false)
    asking.value = false
    waiting = settle = null
  }

  onSessionEnd(logInAgain)
  return { user, asking, isAdmin, load, loggedIn, logOut }
})
