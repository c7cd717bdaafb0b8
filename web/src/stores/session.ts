import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import * as api from '@/api/session'
import { ApiError } from '@/api/errors'
import { cookie, onSessionEnd, withoutOthers } from '@/api/client'

const TABS = 'weir.user' // whom the tabs of this browser are logged in as
const OWN = 'weir.own.' // what one keeps of one's own begins with

function forgetOwn() {
  sessionStorage.clear()
  for (const name of Object.keys(localStorage)) if (name.startsWith(OWN)) localStorage.removeItem(name)
}

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

  // Another user's page must not go on under this one's name, here or in another tab.
  function loggedIn(who: api.User) {
    const same = user.value === null || user.value.id === who.id
    if (!same) forgetOwn()
    user.value = who
    localStorage.setItem(TABS, String(who.id))
    asking.value = false
    settle?.(same)
    waiting = settle = null
    if (!same) window.location.assign('/')
  }

  // In another window, by a provider.
  async function loggedInElsewhere() {
    loggedIn(await api.profile())
  }

  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === TABS && user.value && newValue !== String(user.value.id)) window.location.reload()
  })

  // Once for all calls that find the session ended; before the first log-in it is nobody's business.
  function logInAgain(): Promise<boolean> {
    if (!user.value) return Promise.resolve(false)
    waiting ??= new Promise((resolve) => {
      settle = resolve
      asking.value = true
    })
    return waiting
  }

  // What was kept here is not the next one's. A session that is over already is logged out of. The page that
  // is left would ask again as nobody: `leave` goes before the user does.
  const logOut = (leave: () => Promise<unknown> = () => Promise.resolve()) => withoutOthers(() => end(leave))

  async function end(leave: () => Promise<unknown>) {
    await api.logOut().catch((failure: unknown) => {
      if (!(failure instanceof ApiError) || failure.status !== 401) throw failure
    })
    forgetOwn()
    localStorage.removeItem(TABS)
    try {
      await leave()
    } finally {
      user.value = null
      settle?.(false)
      asking.value = false
      waiting = settle = null
    }
  }

  onSessionEnd(logInAgain)
  return { user, asking, isAdmin, load, loggedIn, loggedInElsewhere, logOut }
})
