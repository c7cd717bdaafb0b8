import { getCurrentScope, onScopeDispose, ref, type Ref } from 'vue'

// One clock for all countdowns of a page, once a second, while somebody looks at it.
const now = ref(new Date())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useNow(): Readonly<Ref<Date>> {
  users += 1
  if (timer === undefined) {
    timer = setInterval(() => (now.value = new Date()), 1000)
    now.value = new Date() // once: whoever comes later would set all others to work again
  }
  if (getCurrentScope()) {
    onScopeDispose(() => {
      users -= 1
      if (users === 0) {
        clearInterval(timer)
        timer = undefined
      }
    })
  }
  return now
}
