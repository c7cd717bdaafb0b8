import { computed, onScopeDispose, reactive, ref, watch } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { emptyAnswer, useAnswering, type Answer } from '@/composables/useAnswering'
import type { ChatRequest, Message, ProtocolName } from '@/domain/chat'
import { keptTurns } from './keptTurns'

// Turns of a conversation: what was asked, and what came. A turn's request is what stands before it and its own text:
// it is put together when it is wanted, rather than kept with each turn.

type Terms = Omit<ChatRequest, 'messages'> // of a request, beside what is said in it

export interface Turn {
  id: number
  text: string
  protocol: ProtocolName
  terms: Terms
  answer: Answer
}

export interface Way {
  relayUrl: string
  key: () => Promise<string>
  protocol: ProtocolName
  terms: Terms
}

// What goes before a question: whole turns only, those without an answer are left out.
export function messagesOf(turns: readonly Turn[]): Message[] {
  return turns
    .filter(({ answer }) => answer.text !== '')
    .flatMap(({ text, answer }): Message[] => [{ role: 'user', text }, { role: 'assistant', text: answer.text }])
}

const requestOf = (before: readonly Turn[], { terms, text }: Pick<Turn, 'terms' | 'text'>): ChatRequest => ({
  ...terms,
  messages: [...messagesOf(before), { role: 'user', text }],
})

// From the click on, not from the request on: the token takes its time. Who stops meanwhile sends nothing.
function usePreparing(failed: (why: ApiError) => void) {
  const preparing = ref<symbol | null>(null)

  async function keyOf(way: Way): Promise<string | null> {
    const mine = (preparing.value = Symbol('token'))
    const stopped = () => preparing.value !== mine
    try {
      const key = await way.key()
      return stopped() ? null : key
    } catch (failure) {
      if (!stopped()) failed(asApiError(failure))
      return null
    } finally {
      if (!stopped()) preparing.value = null
    }
  }

  return { isPreparing: computed(() => preparing.value !== null), keyOf, leave: () => (preparing.value = null) }
}

export function useConversation(user: number) {
  const kept = keptTurns(user)
  const turns = ref<Turn[]>(kept.first)
  const error = ref<ApiError | null>(null) // of the token, before a request is made
  const { busy, ask, stop } = useAnswering()
  const { isPreparing, keyOf, leave } = usePreparing((why) => (error.value = why))
  let last = Math.max(0, ...turns.value.map(({ id }) => id))

  // When an answer has ended, and once more when its figures are there.
  watch([busy, () => turns.value.at(-1)?.answer.log?.request_id], ([running]) => {
    if (!running && turns.value.length > 0) kept.write(turns.value)
  })

  // What has come of an answer when its page is left or loaded again is kept too.
  const renew = () => kept.renew(turns.value)
  window.addEventListener('pagehide', renew)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', renew)
    renew()
  })

  function stopAll() {
    leave()
    stop()
  }

  // `from`: a turn that is asked anew. It goes, with all behind it, once there is a key to ask with.
  async function send(text: string, way: Way, from = 0) {
    if (busy.value || isPreparing.value) return false
    error.value = null
    const key = await keyOf(way)
    if (key === null) return false
    const at = from ? turns.value.findIndex(({ id }) => id === from) : -1
    const before = at < 0 ? turns.value : turns.value.slice(0, at)
    const turn = reactive({ id: ++last, text, protocol: way.protocol, terms: way.terms, answer: emptyAnswer() })
    const request = requestOf(before, turn)
    turns.value = [...before, turn]
    kept.write(turns.value)
    void ask({ relayUrl: way.relayUrl, key, protocol: way.protocol, request }, turn.answer)
    return true
  }

  const requestOfTurn = (id: number) => {
    const at = turns.value.findIndex((turn) => turn.id === id)
    return requestOf(turns.value.slice(0, at), turns.value[at]!)
  }

  function clear() {
    stopAll()
    turns.value = []
    kept.write([])
  }

  return {
    turns,
    busy: computed(() => busy.value || isPreparing.value),
    error,
    inBrowser: kept.inBrowser,
    keepInBrowser: (keep: boolean) => kept.move(keep, turns.value),
    requestOf: requestOfTurn,
    send,
    stop: stopAll,
    clear,
  }
}
