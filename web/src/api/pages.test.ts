import { describe, expect, it, vi } from 'vitest'
import { allPages } from './pages'

const server = (total: number) =>
  vi.fn((page: number) => {
    const data = Array.from({ length: Math.max(0, Math.min(200, total - (page - 1) * 200)) }, (_, i) => (page - 1) * 200 + i)
    return Promise.resolve({ data, total: Math.min(total, 2_000), total_at_least: total > 2_000, page, limit: 200 })
  })

describe('allPages', () => {
  it.each([
    [0, 0, 1],
    [200, 200, 1],
    [401, 401, 3],
    [2_500, 2_000, 10],
  ])('of %i has %i with %i questions', async (total, rows, questions) => {
    const load = server(total)
    expect(await allPages(load)).toEqual(Array.from({ length: rows }, (_, i) => i))
    expect(load).toHaveBeenCalledTimes(questions)
  })

  it('goes on behind a total that is only a bound', async () => {
    expect(await allPages(server(2_300), 5_000)).toHaveLength(2_300)
  })
})
