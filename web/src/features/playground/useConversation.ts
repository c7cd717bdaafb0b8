import { computed, reactive, ref, watch } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { emptyAnswer, useAnswering, type Answer } from '@/composables/useAnswering'
import type { ChatRequest, Message, ProtocolName } from '@/domain/chat'

// Turns of a conversation: what was asked, and what came. Kept for this tab alone.

export interface Turn {
  id: number
  text: string
  protocol: ProtocolName
  request: ChatRequest
  answer: Answer
}

export interface Way {
  relayUrl: string
  key: () => Promise<string>
  protocol: ProtocolName
  request: Omit<ChatRequest, 'messages'>
}

const NAME = 'weir.playground'
const TURNS_KEPT = 50

// An answer that a reload cut off is one that was stopped.
function kept(): Turn[] {
  try {
    const turns = JSON.parse(sessionStorage.getItem(NAME) ?? '[]') as Turn[]
    return turns.map((turn) => ({ ...turn, answer: { ...turn.answer, state: turn.answer.totalMs === null ? 'stopped' : turn.answer.state } }))
  } catch {
    return []
  }
}

// What goes before a question: whole turns only, those without an answer are left out.
export function messagesOf(turns: readonly Turn[]): Message[] {
  return turns
    .filter(({ answer }) => answer.text !== '')
    .flatMap(({ text, answer }): Message[] => [{ role: 'user', text }, { role: 'assistant', text: answer.text }])
}

export function useConversation() {
  const turns = ref<Turn[]>(kept())
  const error = ref<ApiError | null>(null) // of the token, before a request is made
  const { busy, ask, stop } = useAnswering()
  let last = Math.max(0, ...turns.value.map(({ id }) => id))

  // When an answer has ended, and once more when its figures are there.
  watch([busy, () => turns.value.at(-1)?.answer.log?.request_id], ([running]) => {
    if (running) return
    const light = turns.value.slice(-TURNS_KEPT).map((turn) => ({ ...turn, answer: { ...turn.answer, events: [] } }))
    try {
      sessionStorage.setItem(NAME, JSON.stringify(light))
    } catch {
      sessionStorage.removeItem(NAME) // full: a reload begins anew
    }
  })

  // From the click on, not from the request on: the token takes its time.
  const preparing = ref(false)

  async function keyOf(way: Way): Promise<string | null> {
    preparing.value = true
    try {
      return await way.key()
    } catch (failure) {
      error.value = asApiError(failure) as ApiError
      return null
    } finally {
      preparing.value = false
    }
  }

  async function send(text: string, way: Way) {
    if (busy.value || preparing.value) return false
    error.value = null
    const key = await keyOf(way)
    if (key === null) return false
    const request = { ...way.request, messages: [...messagesOf(turns.value), { role: 'user' as const, text }] }
    const turn = reactive({ id: ++last, text, protocol: way.protocol, request, answer: emptyAnswer() })
    turns.value.push(turn)
    void ask({ relayUrl: way.relayUrl, key, protocol: way.protocol, request }, turn.answer)
    return true
  }

  // Takes a turn, and all behind it, back: to be asked again, or otherwise.
  function back(id: number): string {
    const at = turns.value.findIndex((turn) => turn.id === id)
    const text = turns.value[at]?.text ?? ''
    if (at >= 0) turns.value = turns.value.slice(0, at)
    return text
  }

  function clear() {
    stop()
    turns.value = []
    sessionStorage.removeItem(NAME)
  }

  return { turns, busy: computed(() => busy.value || preparing.value), error, send, stop, back, clear }
}
