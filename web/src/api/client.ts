import createClient from 'openapi-fetch'
import { errorOf } from './errors'
import type { paths, components } from './schema.gen'

// All calls to admin go through here: cookies and the CSRF token, an ended session, errors. Types come
// from the service's own contract (`npm run schema`).

export type Schemas = components['schemas']

export interface Page<Row> {
  data: Row[]
  total: number
  total_at_least?: boolean
  page: number
  limit: number
}

const CSRF_COOKIE = 'weir_csrf'
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

export function cookie(name: string): string {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`))
  return found ? decodeURIComponent(found.slice(name.length + 1)) : ''
}

// Asked when the session has ended: resolves to true once somebody has logged in again.
let logInAgain: (() => Promise<boolean>) | null = null

export function onSessionEnd(ask: () => Promise<boolean>) {
  logInAgain = ask
}

function withCsrf(request: Request): Request {
  if (!READS.has(request.method)) request.headers.set('X-CSRF-Token', cookie(CSRF_COOKIE))
  return request
}

// Without these a 401 is an answer, not an ended session.
const asksForProof = (url: string) => /\/auth\/(login|logout|oidc|confirm|register|password)|\/setup$|\/key-usage$/.test(new URL(url).pathname)

// While somebody logs out, what is under way is waited for and nothing else begins: it would be asked as nobody.
const UNDER_WAY_MS_MAX = 1_000
const underWay = new Set<Promise<unknown>>()
let leaving = false

const isLogOut = (url: string) => new URL(url).pathname.endsWith('/auth/logout')

export async function withoutOthers(steps: () => Promise<void>): Promise<void> {
  leaving = true
  try {
    const late = new Promise((resolve) => setTimeout(resolve, UNDER_WAY_MS_MAX))
    await Promise.race([Promise.allSettled([...underWay]), late])
    await steps()
  } finally {
    leaving = false
  }
}

async function sent(request: Request): Promise<Response> {
  if (leaving && !isLogOut(request.url)) throw new DOMException('logging out', 'AbortError')
  const call = fetch(withCsrf(request))
  underWay.add(call)
  try {
    return await call
  } finally {
    underWay.delete(call)
  }
}

export async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await sent(request)
  if (response.status !== 401 || asksForProof(request.url) || !logInAgain) return response
  return (await logInAgain()) ? sent(again) : response
}

export const http = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: send,
  // One name several times: status=a&status=b.
  querySerializer: { array: { style: 'form', explode: true } },
})

interface Call<Data> {
  data?: Data
  error?: unknown
  response: Response
}

// The answer's body, or an ApiError.
export async function answer<Data>(call: Promise<Call<Data>>): Promise<Data> {
  const { data, error, response } = await call
  if (!response.ok) throw errorOf(response, error)
  return data as Data
}

// The configuration's revision that a change made, for "revision 812 on 3/3 relays"; 0 where none.
export function revisionOf(response: Response): number {
  return Number(response.headers.get('x-weir-revision') ?? 0) || 0
}

// A change: its answer and the revision that it made.
export async function change<Data>(call: Promise<Call<Data>>): Promise<{ data: Data; revision: number }> {
  const { data, error, response } = await call
  if (!response.ok) throw errorOf(response, error)
  return { data: data as Data, revision: revisionOf(response) }
}

export const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` })
