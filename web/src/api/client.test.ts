import { beforeEach, describe, expect, it, vi } from 'vitest'
import { answer, change, cookie, http, ifMatch, onSessionEnd, withoutOthers } from './client'
import { ApiError, asApiError } from './errors'

const calls: Request[] = []
let replies: (() => Response)[] = []

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => () =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
const refused = (status: number, reason: string, more: Record<string, unknown> = {}) =>
  json(status, { error: `said ${reason}`, code: status * 100, reason, request_id: 'req-1', fields: {}, ...more })

const flush = () => new Promise((resolve) => setTimeout(resolve))

const group = { name: 'team' }
const post = () => http.POST('/api/v1/groups', { body: group })
const get = () => http.GET('/api/v1/groups', { params: { query: { limit: 5, sort: '-name' } } })

beforeEach(() => {
  calls.length = 0
  document.cookie = 'weir_csrf=a%20token'
  onSessionEnd(() => Promise.resolve(false))
  vi.stubGlobal('fetch', (request: Request) => {
    calls.push(request)
    return Promise.resolve(replies.shift()!())
  })
})

describe('a call', () => {
  it('carries the CSRF token when it changes something, and not when it reads', async () => {
    replies = [json(200, { data: [] }), json(201, { id: 1 })]
    await answer(get())
    await answer(post())
    expect(calls.map((call) => call.headers.get('x-csrf-token'))).toEqual([null, 'a token'])
    expect(calls[0]!.url).toContain('/api/v1/groups?limit=5&sort=-name')
  })

  it('repeats a name for several values', async () => {
    replies = [json(200, { data: [] })]
    await answer(http.GET('/api/v1/usage/top', { params: { query: { by: ['model', 'key'] } } }))
    expect(calls[0]!.url).toContain('by=model&by=key')
  })

  it('reads only the cookie of that very name', () => {
    document.cookie = 'not_weir_csrf=other'
    expect([cookie('weir_csrf'), cookie('csrf')]).toEqual(['a token', ''])
  })

  it('gives the revision that it made', async () => {
    replies = [json(200, { id: 1 }, { 'x-weir-revision': '812' }), json(204, undefined)]
    expect(await change(post())).toEqual({ data: { id: 1 }, revision: 812 })
    expect((await change(http.DELETE('/api/v1/groups/{id}', { params: { path: { id: 7 } } }))).revision).toBe(0)
  })

  it('names the version that it is meant for', () => expect(ifMatch(3)).toEqual({ 'If-Match': '"3"' }))
})

describe('an ended session', () => {
  it('is logged in again, and the call sent once more, as it was', async () => {
    onSessionEnd(() => {
      document.cookie = 'weir_csrf=fresh'
      return Promise.resolve(true)
    })
    replies = [refused(401, 'not_logged_in'), json(201, { id: 1 })]
    expect(await answer(post())).toEqual({ id: 1 })
    expect(calls.map((call) => call.headers.get('x-csrf-token'))).toEqual(['a token', 'fresh'])
    expect(await calls[1]!.json()).toEqual(group)
  })

  it('is asked for once a call: a second 401 is the answer', async () => {
    const ask = vi.fn(() => Promise.resolve(true))
    onSessionEnd(ask)
    replies = [refused(401, 'not_logged_in'), refused(401, 'not_logged_in')]
    await expect(answer(get())).rejects.toMatchObject({ status: 401 })
    expect([ask.mock.calls.length, calls.length]).toEqual([1, 2])
  })

  it('that nobody logs in again is the answer', async () => {
    replies = [refused(401, 'not_logged_in')]
    await expect(answer(get())).rejects.toMatchObject({ status: 401, reason: 'not_logged_in' })
    expect(calls).toHaveLength(1)
  })

  it('is none where a password was wrong', async () => {
    const ask = vi.fn(() => Promise.resolve(true))
    onSessionEnd(ask)
    for (const path of ['/api/v1/auth/login', '/api/v1/auth/confirm'] as const) {
      replies = [refused(401, 'not_logged_in')]
      await expect(answer(http.POST(path, { body: { username: 'a', password: 'b' } as never }))).rejects.toMatchObject({ status: 401 })
    }
    expect(ask).not.toHaveBeenCalled()
  })
})

describe('while somebody logs out', () => {
  const logOut = () => answer(http.POST('/api/v1/auth/logout'))

  it('what is under way is answered first', async () => {
    let reply: (response: Response) => void = () => undefined
    vi.stubGlobal('fetch', (request: Request) => {
      calls.push(request)
      return calls.length === 1 ? new Promise<Response>((resolve) => (reply = resolve)) : Promise.resolve(json(204, undefined)())
    })
    const first = answer(get())
    const out = withoutOthers(async () => void (await logOut()))
    await flush()
    expect(calls).toHaveLength(1)
    reply(json(200, { data: [] })())
    await Promise.all([first, out])
    expect(calls.map((call) => new URL(call.url).pathname)).toEqual(['/api/v1/groups', '/api/v1/auth/logout'])
  })

  it('nothing else begins, and a log-out that was refused leaves all as it was', async () => {
    replies = [refused(503, 'away'), json(200, { data: [] })]
    const out = withoutOthers(async () => {
      await expect(answer(get())).rejects.toMatchObject({ name: 'AbortError' })
      await logOut()
    })
    await expect(out).rejects.toMatchObject({ status: 503 })
    expect(await answer(get())).toEqual({ data: [] })
    expect(calls).toHaveLength(2)
  })
})

describe('an error', () => {
  it('has its reason, its fields and its request', async () => {
    replies = [refused(400, 'bad_parameter', { fields: { name: 'is taken' } })]
    await expect(answer(post())).rejects.toMatchObject({ status: 400, reason: 'bad_parameter', message: 'said bad_parameter', fields: { name: 'is taken' }, requestId: 'req-1' })
  })

  it('says how long to wait', async () => {
    replies = [json(429, { error: 'slowly', code: 42901, reason: 'too_many_requests', request_id: 'r', fields: {} }, { 'retry-after': '30' })]
    await expect(answer(get())).rejects.toMatchObject({ retryAfterSeconds: 30 })
  })

  it.each([
    [409, true, false],
    [412, true, false],
    [503, false, true],
    [500, false, false],
  ])('%s is a conflict: %s, a service away: %s', async (status, conflict, away) => {
    replies = [refused(status, 'x')]
    const error = asApiError(await answer(get()).catch((failure: unknown) => failure))
    expect([error.isConflict, error.isServiceAway]).toEqual([conflict, away])
  })

  it('of a proxy in between is an error too', async () => {
    replies = [() => new Response('<html>Bad gateway</html>', { status: 502, headers: { 'content-type': 'text/html', 'x-request-id': 'proxy-1' } })]
    await expect(answer(get())).rejects.toMatchObject({ status: 502, reason: 'internal', requestId: 'proxy-1' })
  })

  it('that is no answer at all is offline', () => {
    expect(asApiError(new TypeError('Failed to fetch'))).toMatchObject({ status: 0, reason: 'offline', message: 'Failed to fetch' })
    const own = new ApiError(404, 'not_found', 'gone')
    expect(asApiError(own)).toBe(own)
  })
})
