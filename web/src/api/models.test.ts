import { beforeEach, expect, it, vi } from 'vitest'
import { modelTraffic } from './models'

const GET = vi.hoisted(() => vi.fn())
vi.mock('./client', () => ({ answer: (call: unknown) => call, http: { GET } }))

const row = (model: string, requests: number) => ({ model, requests })
const asked = () => GET.mock.calls.map(([, { params }]) => (params.query as { model?: string[] }).model)

beforeEach(() => {
  GET.mockReset()
})

it('is content with the most used ones where these are all', async () => {
  GET.mockResolvedValue({ data: [row('a', 5)], rest: { requests: 0 } })
  const { requests, top } = await modelTraffic('2026-01-01', ['a', 'b'])
  expect([requests.get('a'), requests.get('b'), top.get('b')]).toEqual([5, 0, undefined])
  expect(asked()).toEqual([undefined])
})

it('asks for those behind the most used ones, so many at a time as an address holds', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `m${i}`)
  const long = ['a'.repeat(5_000), 'b'.repeat(5_000), 'c'.repeat(10_000)]
  GET.mockResolvedValueOnce({ data: [row('m0', 900)], rest: { requests: 70 } })
  GET.mockImplementation((_path, { params }) => Promise.resolve({ data: [row(params.query.model[0], 7)], rest: { requests: 0 } }))
  const { requests, top } = await modelTraffic('2026-01-01', [...names, ...long])
  expect(asked().slice(1)).toEqual([names.slice(1, 51), [...names.slice(51), long[0]], [long[1]]])
  expect(['m0', 'm1', 'm51', 'm2', long[1]!, long[2]!].map((name) => requests.get(name))).toEqual([900, 7, 7, 0, 7, undefined])
  expect([...top.keys()]).toEqual(['m0'])
})
