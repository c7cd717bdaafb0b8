import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { emptyAnswer } from '@/composables/useAnswering'
import { KEPT_NAME } from './keptTurns'
import { messagesOf, useConversation, type Turn, type Way } from './useConversation'

const ask = vi.hoisted(() => vi.fn<(question: { request: { messages: unknown[] } }) => Promise<void>>(() => Promise.resolve()))
vi.mock('@/composables/useAnswering', async (original) => {
  const busy = (await import('vue')).ref(false)
  return { ...(await original<typeof import('@/composables/useAnswering')>()), useAnswering: () => ({ busy, ask, stop: () => undefined }) }
})

const turn = (id: number, text: string, answer: Partial<Turn['answer']>): Turn => ({
  id, text, protocol: 'openai_chat', terms: { model: 'm' }, answer: { ...emptyAnswer(), ...answer },
})
const TURNS = [turn(1, 'a', { text: 'A', totalMs: 5, state: 'done' }), turn(2, 'b', { state: 'failed', totalMs: 5 }), turn(3, 'c', { text: 'Ha', state: 'streaming' })]
const USER = 7
const keep = (storage: Storage, turns: unknown = TURNS, user = USER) => storage.setItem(KEPT_NAME, JSON.stringify({ user, turns }))
const begin = (user = USER) => effectScope().run(() => useConversation(user))!
const way = (key: () => Promise<string>): Way => ({ relayUrl: '', protocol: 'gemini', terms: { model: 'm' }, key })
const given = way(() => Promise.resolve('ck'))
const ids = (turns: { value: { id: number }[] }) => turns.value.map(({ id }) => id)

describe('useConversation', () => {
  beforeEach(() => {
    sessionStorage.clear()
    localStorage.clear()
    ask.mockClear()
  })

  it('sends what was answered, also in part, and leaves out what was not', () => {
    expect(messagesOf(TURNS).map(({ text }) => text)).toEqual(['a', 'A', 'c', 'Ha'])
  })

  it('asks anew with what stood before, and shows the request that was sent', async () => {
    keep(sessionStorage)
    const { send, requestOf, turns } = begin()
    expect(await send('b', given, 2)).toBe(true)
    const said = ['a', 'A', 'b']
    expect(ask.mock.lastCall![0].request.messages.map((message) => (message as { text: string }).text)).toEqual(said)
    expect(requestOf(4).messages.map(({ text }) => text)).toEqual(said)
    expect(ids(turns)).toEqual([1, 4])
  })

  it('makes no request without a key, and loses nothing for it', async () => {
    keep(sessionStorage)
    const { send, turns, error } = begin()
    const sent = await send('a', way(() => Promise.reject(new Error('no token'))), 1)
    expect([sent, ids(turns), error.value?.message]).toEqual([false, [1, 2, 3], 'no token'])
  })

  it('is sent once, however often while the token is fetched', async () => {
    let give: (key: string) => void = () => undefined
    const { send, busy, turns } = begin()
    const first = send('hi', way(() => new Promise((resolve) => (give = resolve))))
    expect([busy.value, await send('hi', given)]).toEqual([true, false])
    give('ck')
    expect([await first, turns.value.length]).toEqual([true, 1])
  })
})

describe('while the token is fetched', () => {
  let give: (key: string) => void = () => undefined
  let refuse: (why: Error) => void = () => undefined
  const slow = () => way(() => new Promise((resolve, reject) => ([give, refuse] = [resolve, reject])))

  beforeEach(() => {
    sessionStorage.clear()
    localStorage.clear()
    ask.mockClear()
  })

  it.each(['stop', 'clear'] as const)('%s sends nothing, whenever the token comes', async (name) => {
    keep(sessionStorage)
    const conversation = begin()
    const sending = conversation.send('hi', slow())
    conversation[name]()
    expect(conversation.busy.value).toBe(false)
    give('ck')
    expect([await sending, ask.mock.calls.length, conversation.turns.value.length]).toEqual([false, 0, name === 'stop' ? 3 : 0])
  })

  it('another question can be sent after a stop, and the first one’s end is nobody’s business', async () => {
    const { send, stop, busy, error, turns } = begin()
    const first = send('one', slow())
    const refuseFirst = refuse
    stop()
    const second = send('two', slow())
    refuseFirst(new Error('no token'))
    expect([await first, busy.value, error.value]).toEqual([false, true, null])
    give('ck')
    expect([await second, turns.value.map(({ text }) => text)]).toEqual([true, ['two']])
  })
})

describe('a conversation that is kept', () => {
  beforeEach(() => {
    sessionStorage.clear()
    localStorage.clear()
  })

  it('outlives a reload; what that cut off was stopped', () => {
    keep(sessionStorage)
    expect(begin().turns.value.map(({ answer }) => answer.state)).toEqual(['done', 'failed', 'stopped'])
  })

  it('is its user’s alone', () => {
    keep(sessionStorage)
    keep(localStorage)
    expect(begin(8).turns.value).toEqual([])
  })

  it('is in this tab, until this browser is ticked', async () => {
    const { send, keepInBrowser, inBrowser, clear } = begin()
    await send('hi', given)
    await nextTick()
    expect([inBrowser.value, localStorage.getItem(KEPT_NAME)]).toEqual([false, null])
    keepInBrowser(true)
    sessionStorage.clear() // another tab
    const another = begin()
    expect([another.inBrowser.value, another.turns.value.map(({ text }) => text)]).toEqual([true, ['hi']])
    keepInBrowser(false)
    expect([localStorage.getItem(KEPT_NAME), begin().turns.value.length]).toEqual([null, 1])
    clear()
    expect(begin().turns.value).toEqual([])
  })

  it('keeps a question from when it is asked on, and what has come of its answer when the page is left', async () => {
    const scope = effectScope()
    const { send, turns } = scope.run(() => useConversation(USER))!
    ask.mockReturnValueOnce(new Promise(() => undefined))
    const kept = () => (JSON.parse(sessionStorage.getItem(KEPT_NAME)!) as { turns: Turn[] }).turns.map(({ text, answer }) => [text, answer.text])
    await send('hi', given)
    expect(kept()).toEqual([['hi', '']])
    turns.value[0]!.answer.text = 'Hallo'
    window.dispatchEvent(new Event('pagehide')) // a reload
    expect(kept()).toEqual([['hi', 'Hallo']])
    turns.value[0]!.answer.text = 'Hallo!'
    scope.stop()
    expect(kept()).toEqual([['hi', 'Hallo!']])
    expect(begin().turns.value[0]!.answer.state).toBe('stopped')
  })

  it('is not written again when its page is left by log-out', async () => {
    const scope = effectScope()
    const { send } = scope.run(() => useConversation(USER))!
    await send('hi', given)
    sessionStorage.clear() // as log-out does
    scope.stop()
    expect(sessionStorage.getItem(KEPT_NAME)).toBeNull()
  })

  it.each(['{', 'null', '{"a":1}', `{"user":${USER},"turns":5}`])('begins anew with %j', (text) => {
    sessionStorage.setItem(KEPT_NAME, text)
    expect(begin().turns.value).toEqual([])
  })
})
