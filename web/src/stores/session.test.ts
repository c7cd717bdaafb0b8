import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as api from '@/api/session'
import { ApiError } from '@/api/errors'
import { useProof } from './proof'
import { useSession } from './session'

const user = (id: number) => ({ id, username: `user-${id}`, role: 'user' }) as api.User

beforeEach(() => {
  setActivePinia(createPinia())
})

describe('log-out', () => {
  it('is done when the session is over already, and takes what this tab kept', async () => {
    const session = useSession()
    session.loggedIn(user(1))
    sessionStorage.setItem('weir.playground', 'a chat')
    vi.spyOn(api, 'logOut').mockRejectedValue(new ApiError(401, 'not_logged_in', 'over'))
    await session.logOut()
    expect(session.user).toBeNull()
    expect(sessionStorage.getItem('weir.playground')).toBeNull()
  })

  it('leaves the page before its user is gone', async () => {
    const session = useSession()
    session.loggedIn(user(1))
    vi.spyOn(api, 'logOut').mockResolvedValue(undefined as never)
    let seen: number | undefined
    await session.logOut(() => {
      seen = session.user?.id
      return Promise.resolve()
    })
    expect([seen, session.user]).toEqual([1, null])
  })

  it('is not said to be done when it was not', async () => {
    const session = useSession()
    session.loggedIn(user(1))
    vi.spyOn(api, 'logOut').mockRejectedValue(new ApiError(0, 'offline', 'away'))
    await expect(session.logOut()).rejects.toThrow('away')
    expect(session.user?.id).toBe(1)
    session.user = null // its listener outlives this test
  })
})

it('what is kept in this browser as one’s own goes with log-out, one’s taste stays', async () => {
  const session = useSession()
  session.loggedIn(user(1))
  localStorage.setItem('weir.own.playground', 'a chat')
  localStorage.setItem('weir.theme', 'dark')
  vi.spyOn(api, 'logOut').mockResolvedValue(undefined as never)
  await session.logOut()
  expect([localStorage.getItem('weir.own.playground'), localStorage.getItem('weir.theme')]).toEqual([null, 'dark'])
})

it('a log-in in another window ends the question for one', async () => {
  const session = useSession()
  session.loggedIn(user(1))
  session.asking = true
  vi.spyOn(api, 'profile').mockResolvedValue(user(1))
  await session.loggedInElsewhere()
  expect(session.asking).toBe(false)
  session.user = null // its listener outlives this test
})

describe('another tab', () => {
  const say = (newValue: string | null) => window.dispatchEvent(new StorageEvent('storage', { key: 'weir.user', newValue }))

  it('that logs in as somebody else, or out, makes this one start anew', () => {
    const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined)
    const session = useSession()
    say('2')
    expect(reload).not.toHaveBeenCalled()
    session.loggedIn(user(1))
    say('1')
    expect(reload).not.toHaveBeenCalled()
    say('2')
    say(null)
    expect(reload).toHaveBeenCalledTimes(2)
  })
})

describe('a fresh proof', () => {
  const needed = new ApiError(401, 'confirm_needed', 'confirm')

  it('is asked for once by all acts that want it, which go on then', async () => {
    const proof = useProof()
    const acts = [1, 2].map((n) => vi.fn().mockRejectedValueOnce(needed).mockResolvedValue(n))
    const results = Promise.all(acts.map((act) => proof.proven(act)))
    await vi.waitFor(() => expect(proof.asking).toBe(true))
    proof.end(true)
    expect(await results).toEqual([1, 2])
    expect(proof.asking).toBe(false)
  })

  it('that is not given leaves the refusal', async () => {
    const proof = useProof()
    const act = vi.fn().mockRejectedValue(needed)
    const result = proof.proven(act)
    await vi.waitFor(() => expect(proof.asking).toBe(true))
    proof.end(false)
    await expect(result).rejects.toBe(needed)
    expect(act).toHaveBeenCalledTimes(1)
  })
})
