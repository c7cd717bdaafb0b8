import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { useForm } from './useForm'

interface Values {
  name: string
  ips: string[]
  limits: { rpm: string }
}
const START: Values = { name: '', ips: [], limits: { rpm: '' } }
const refuse = (fields: Record<string, string>, status = 400) => Promise.reject(new ApiError(status, 'bad_parameter', 'cannot be', fields))

function form(save: (values: Values) => Promise<unknown> = () => Promise.resolve()) {
  return useForm<Values>(START, { name: (value) => (value ? '' : 'needed') }, save)
}

describe('useForm', () => {
  it('a rule speaks once its field was left, and goes when it holds', () => {
    const { values, errors, touch } = form()
    expect(errors.value).toEqual({})
    touch('name')
    expect(errors.value).toEqual({ name: 'needed' })
    values.name = 'x'
    expect(errors.value).toEqual({})
  })

  it.each(['pointerup', 'pointercancel'])('what was left by a click is said after it, however long the button is held: %s', (end) => {
    vi.useFakeTimers()
    const { errors, touch } = form()
    window.dispatchEvent(new Event('pointerdown'))
    touch('name')
    vi.advanceTimersByTime(60_000)
    expect(errors.value).toEqual({})
    window.dispatchEvent(new Event(end))
    expect(errors.value).toEqual({}) // the click itself is still to come
    vi.runAllTimers()
    vi.useRealTimers()
    expect(errors.value).toEqual({ name: 'needed' })
  })

  it('nothing is sent while a rule is broken', async () => {
    const save = vi.fn()
    const { errors, submit } = form(save)
    expect(await submit()).toBe(false)
    expect(errors.value).toEqual({ name: 'needed' })
    expect(save).not.toHaveBeenCalled()
  })

  it('the first field that is wrong gets the focus', async () => {
    const { submit } = form()
    document.body.innerHTML = '<form><input><input aria-invalid="true" id="name"><input aria-invalid="true"><button></button></form>'
    document.querySelector('button')!.focus()
    await submit()
    await flushPromises()
    expect(document.activeElement?.id).toBe('name')
    document.body.innerHTML = ''
  })

  it('what the server says of a field holds for the value that it was said about', async () => {
    const { values, errors, failure, submit } = form(() => refuse({ name: 'is taken' }))
    values.name = 'alice'
    expect(await submit()).toBe(false)
    expect(errors.value).toEqual({ name: 'is taken' })
    expect(failure.value).toBeNull()
    values.name = 'bob'
    expect(errors.value).toEqual({})
    values.name = 'alice'
    expect(errors.value).toEqual({ name: 'is taken' })
  })

  it('a part of a field is said at its own field, or at the whole, for the value that it was said about', async () => {
    const { values, errors, submit } = form(() => refuse({ 'limits.rpm': 'too many', 'limits.usd': 'odd', 'ips[2]': 'is no address' }))
    values.name = 'x'
    await submit()
    expect(errors.value).toEqual({ 'limits.rpm': 'too many', limits: 'usd: odd', ips: 'is no address' })
    values.ips = []
    values.limits.rpm = '1'
    expect(errors.value).toEqual({ ips: 'is no address' })
  })

  it('what belongs to no field is a failure of the whole', async () => {
    const { values, errors, failure, submit } = form(() => refuse({ name: 'bad', version: 'odd' }))
    values.name = 'x'
    await submit()
    expect(errors.value).toEqual({ name: 'bad' })
    expect(failure.value?.message).toBe('cannot be')
  })

  it('is sent once, however often it is asked to', async () => {
    let done!: () => void
    const save = vi.fn(() => new Promise<void>((resolve) => (done = resolve)))
    const { values, busy, dirty, submit } = form(save)
    values.name = 'x'
    const first = submit()
    expect(await submit()).toBe(false)
    expect([busy.value, dirty.value]).toEqual([true, true])
    done()
    expect(await first).toBe(true)
    await flushPromises()
    expect(save).toHaveBeenCalledTimes(1)
    expect([busy.value, dirty.value]).toEqual([false, false])
  })

  it('what is saved is a copy: typing on does not change it', async () => {
    let sent: Values | undefined
    const { values, submit } = form((copy) => Promise.resolve((sent = copy)))
    values.name = 'x'
    await submit()
    values.ips.push('10.0.0.1')
    expect(sent).toEqual({ name: 'x', ips: [], limits: { rpm: '' } })
  })

  it('reset takes other values, or the first ones, and forgets what was said', async () => {
    const { values, errors, dirty, failure, reset, submit } = form(() => refuse({ name: 'is taken' }, 409))
    values.name = 'x'
    await submit()
    reset({ name: 'theirs', ips: ['::1'], limits: { rpm: '1' } })
    expect([values.name, values.ips, dirty.value, errors.value, failure.value]).toEqual(['theirs', ['::1'], false, {}, null])
    values.limits.rpm = '2'
    expect(dirty.value).toBe(true)
    reset()
    expect([values.limits.rpm, dirty.value]).toEqual(['1', false])
  })
})
