import { expect, it } from 'vitest'
import { ACCOUNT_FILTERS, filterOf, type AccountPageState } from './accountFilters'

const stateOf = (query: Record<string, string>) =>
  Object.fromEntries(Object.entries(ACCOUNT_FILTERS).map(([name, codec]) => [name, codec.read(query[name])])) as unknown as AccountPageState

it.each([
  [{}, {}],
  [{ page: '3', sort: '-name', id: '7' }, {}],
  [{ status: 'disabled', tier: 'pro+', proxy: 'false' }, { status: 'disabled', tier: 'pro+', proxy: 'false' }],
  [{ model: 'claude-opus-5', group_id: '2', attention: 'true' }, { model: 'claude-opus-5', group_id: 2, attention: 'true' }],
  [{ tier: 'gold', proxy: 'maybe', attention: 'yes', group_id: '-1' }, {}],
] as [Record<string, string>, object][])('%j narrows by %j', (query, filter) => expect(filterOf(stateOf(query))).toEqual(filter))
