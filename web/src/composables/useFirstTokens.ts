import { computed } from 'vue'
import { logStats, type LogFilter } from '@/api/logs'
import { isoSeconds } from '@/domain/time'
import { useResource } from './useResource'

const DAY_MS = 86_400_000
const AT_ONCE = 4

// The median time to the first token of the last 24 hours, one question for each key: only while `wanted`,
// and a few at a time. Null: nothing was measured; not there: not answered.
export function useFirstTokens<Key extends string | number>(keys: () => Key[], filterOf: (key: Key) => LogFilter, wanted: () => boolean) {
  const { data, error, reload } = useResource(
    () => (wanted() ? keys() : []),
    async (asked, signal) => {
      const from = isoSeconds(new Date(Date.now() - DAY_MS))
      const found = new Map<Key, number | null>()
      for (let at = 0; at < asked.length; at += AT_ONCE) {
        const part = asked.slice(at, at + AT_ONCE)
        const answers = await Promise.all(part.map((key) => logStats({ from, ...filterOf(key) }, signal)))
        answers.forEach(({ first_token }, i) => found.set(part[i]!, first_token.p50_ms))
      }
      return found
    },
  )
  return { firstTokenMs: computed(() => data.value ?? new Map<Key, number | null>()), error, reload }
}
