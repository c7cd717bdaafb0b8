import { describe, expect, it } from 'vitest'
import { compareRoutes, positionsFor, routeTaken, type Question, type RouteLike, type Rule } from './routing'

const rule = (change: Partial<Rule>): Rule => ({
  input_tokens_above: null,
  input_tokens_below: null,
  thinking: 'any',
  tools: 'any',
  images: 'any',
  upstream_model: 'ruled',
  ...change,
})
const route = (id: number, change: Partial<RouteLike> = {}): RouteLike => ({
  id,
  model: 'claude-*',
  position: 0,
  status: 'active',
  group_ids: [],
  upstream_model: '',
  rules: [],
  ...change,
})
const ASKED: Question = { model: 'claude-haiku-4-5', groupId: 1, inputTokens: 1000, thinking: false, tools: true, images: false }

describe('the route that a request takes', () => {
  it('is none where none is about it', () => {
    const others = [route(1, { model: 'gpt-*' }), route(2, { status: 'disabled' }), route(3, { group_ids: [7] })]
    expect(routeTaken(others, ASKED)).toBeNull()
  })

  it.each([
    ['the smaller position', [route(1, { position: 5, model: 'claude-haiku-4-5' }), route(2, { position: 4 })], 2],
    ['the more telling pattern', [route(1), route(2, { model: 'claude-haiku-4-5' })], 2],
    ['one for certain groups', [route(1), route(2, { group_ids: [1] })], 2],
    ['the older', [route(9), route(2)], 2],
  ])('is by %s', (_, routes, id) => expect(routeTaken(routes, ASKED)!.route.id).toBe(id))

  it.each([
    [{ input_tokens_above: 999 }, true],
    [{ input_tokens_above: 1000 }, false],
    [{ input_tokens_below: 1001 }, true],
    [{ input_tokens_below: 1000 }, false],
    [{ thinking: 'present' as const }, false],
    [{ thinking: 'absent' as const, tools: 'present' as const }, true],
    [{ tools: 'absent' as const }, false],
    [{ images: 'present' as const }, false],
  ])('has a rule %j: %s', (change, holds) => {
    const taken = routeTaken([route(1, { upstream_model: 'else', rules: [rule(change)] })], ASKED)!
    expect([taken.rule, taken.model]).toEqual(holds ? [0, 'ruled'] : [null, 'else'])
  })

  it('leaves the model as asked where it names none', () => {
    expect(routeTaken([route(1)], ASKED)!.model).toBe('claude-haiku-4-5')
  })

  it('takes the first rule that holds', () => {
    const rules = [rule({ images: 'present' }), rule({ upstream_model: 'second' }), rule({})]
    expect(routeTaken([route(1, { rules })], ASKED)).toMatchObject({ rule: 1, model: 'second' })
  })
})

describe('new positions', () => {
  const at = (...positions: number[]) => positions.map((position, i) => ({ id: i + 1, position }))

  it.each([
    ['stand so already', at(0, 5, 9), 2, []],
    ['room between neighbours', at(0, 90, 10), 2, [{ id: 2, position: 5 }]],
    ['to the front', at(3, 2), 1, [{ id: 1, position: 0 }]],
    ['to the end', at(4, 4), 2, [{ id: 2, position: 14 }]],
    ['no room: all anew', at(0, 0, 0), 2, [{ id: 2, position: 10 }, { id: 3, position: 20 }]],
    ['no room at the end', [{ id: 1, position: 1000 }, { id: 2, position: 0 }], 2, [{ id: 1, position: 0 }, { id: 2, position: 10 }]],
  ])('%s', (_, order, moved, wanted) => expect(positionsFor(order, moved)).toEqual(wanted))

  it('keep the order, within bounds, for as many as there can be', () => {
    const order = Array.from({ length: 1001 }, (_, i) => ({ id: i, position: 7 }))
    const given = new Map(positionsFor(order, 1).map(({ id, position }) => [id, position]))
    const positions = order.map(({ id, position }) => given.get(id) ?? position)
    expect(positions).toEqual([...positions].sort((a, b) => a - b))
    expect(new Set(positions).size).toBe(1001)
    expect(Math.max(...positions)).toBe(1000)
  })

  it('are those that the order of asking goes by', () => {
    const routes = [route(1, { model: 'family:x', position: 0 }), route(2, { model: 'x', position: 10 })]
    expect([...routes].sort(compareRoutes).map(({ id }) => id)).toEqual([1, 2])
  })
})
