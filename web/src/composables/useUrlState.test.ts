import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { inScope, routerAt } from '@/testing/inScope'
import { flag, integer, many, oneOf, text, useUrlState } from './useUrlState'

const FIELDS = {
  name: text(),
  status: oneOf(['', 'active', 'disabled'] as const, ''),
  model: many(),
  page: integer(1),
  id: integer(0),
  add: flag(),
}

async function at(path: string) {
  const router = await routerAt('/before')
  await router.push(path)
  return { router, ...inScope(() => useUrlState(FIELDS), router) }
}

describe('the URL is the state', () => {
  it.each([
    ['/users', { name: '', status: '', model: [], page: 1, id: 0, add: false }],
    ['/users?name=a%20b&status=active&model=x&model=y&page=3&id=7&add=true', { name: 'a b', status: 'active', model: ['x', 'y'], page: 3, id: 7, add: true }],
    ['/users?status=gone&page=0&id=-3&add=yes&model=&other=1', { name: '', status: '', model: [], page: 1, id: 0, add: false }],
    ['/users?page=1e99&id=1.5&status=disabled&status=active', { name: '', status: 'disabled', model: [], page: 1, id: 0, add: false }],
  ])('%s', async (path, state) => expect((await at(path)).result.state.value).toEqual(state))

  it('a filter replaces, goes to page 1, and leaves what it does not know alone', async () => {
    const { router, result } = await at('/users?page=4&name=x&other=kept')
    result.set({ status: 'active' })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ name: 'x', status: 'active', other: 'kept' })
    router.back()
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/before')
  })

  it('a page of its own is kept, defaults are not written', async () => {
    const { router, result } = await at('/users?name=x')
    result.set({ page: 3 })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ name: 'x', page: '3' })
    result.set({ page: 1, name: '', model: ['b', 'a'] })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ model: ['b', 'a'] })
  })

  it('what opens is closed by Back', async () => {
    const { router, result } = await at('/users?page=2')
    result.open({ id: 7 })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ page: '2', id: '7' })
    router.back()
    await flushPromises()
    expect(result.state.value.id).toBe(0)
  })

  it('two changes at once are both there', async () => {
    const { router, result } = await at('/users?page=2')
    result.set({ name: 'x' })
    result.set({ status: 'active' })
    result.open({ id: 3 })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ name: 'x', status: 'active', id: '3' })
  })

  it('reset keeps only what is named', async () => {
    const { router, result } = await at('/users?page=2&name=x&status=active')
    result.reset('status')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ status: 'active' })
  })
})
