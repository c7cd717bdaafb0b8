import { describe, expect, it } from 'vitest'
import { effectScope } from 'vue'
import { emptyAnswer } from '@/composables/useAnswering'
import { messagesOf, useConversation, type Turn } from './useConversation'

const turn = (id: number, text: string, answer: Partial<Turn['answer']>): Turn => ({
  id, text, protocol: 'openai_chat', request: { model: 'm', messages: [] }, answer: { ...emptyAnswer(), ...answer },
})
const TURNS = [turn(1, 'a', { text: 'A', totalMs: 5, state: 'done' }), turn(2, 'b', { state: 'failed', totalMs: 5 }), turn(3, 'c', { text: 'Ha', state: 'streaming' })]
const begin = () => effectScope().run(() => useConversation())!

describe('useConversation', () => {
  it('sends what was answered, also in part, and leaves out what was not', () => {
    expect(messagesOf(TURNS).map(({ text }) => text)).toEqual(['a', 'A', 'c', 'Ha'])
  })

  it('outlives a reload; what that cut off was stopped', () => {
    sessionStorage.setItem('weir.playground', JSON.stringify(TURNS))
    expect(begin().turns.value.map(({ answer }) => answer.state)).toEqual(['done', 'failed', 'stopped'])
  })

  it.each(['{', 'null', '{"a":1}'])('begins anew with %j', (text) => {
    sessionStorage.setItem('weir.playground', text)
    expect(begin().turns.value).toEqual([])
  })

  it('goes back to a question, and forgets what came behind it', () => {
    sessionStorage.setItem('weir.playground', JSON.stringify(TURNS))
    const { back, turns } = begin()
    expect(back(2)).toBe('b')
    expect(turns.value.map(({ id }) => id)).toEqual([1])
    expect(back(9)).toBe('')
  })

  it('makes no request without a key', async () => {
    const { send, turns, error } = begin()
    const sent = await send('hi', { relayUrl: '', protocol: 'gemini', request: { model: 'm' }, key: () => Promise.reject(new Error('no token')) })
    expect([sent, turns.value.length, error.value?.message]).toEqual([false, 0, 'no token'])
  })
})
