import { describe, expect, it } from 'vitest'
import { useColumns } from './useColumns'

const ALL = [
  { key: 'name', title: 'Name', fixed: true },
  { key: 'groups', title: 'Groups', wide: true },
  { key: 'p50', title: 'First token', later: true },
  { key: 'secret', title: 'Secret', hidden: true },
]
const table = () => useColumns('things', () => ALL)
const shown = ({ columns }: ReturnType<typeof table>) => columns.value.filter(({ hidden }) => !hidden).map(({ key }) => key)

describe('the columns of a list', () => {
  it('are those that it begins with, until its reader chooses', () => {
    const chosen = table()
    expect(shown(chosen)).toEqual(['name', 'groups'])
    expect(chosen.choices.value).toEqual([
      { key: 'groups', title: 'Groups', shown: true },
      { key: 'p50', title: 'First token', shown: false },
    ])
    chosen.choose('p50', true)
    chosen.choose('groups', false)
    expect(shown(chosen)).toEqual(['name', 'p50'])
    expect([chosen.shows('p50'), chosen.shows('groups')]).toEqual([true, false])
    expect(shown(table())).toEqual(['name', 'p50'])
  })

  it('that were asked for are there on a narrow screen too', () => {
    const chosen = table()
    expect(chosen.columns.value[1]!.wide).toBe(true)
    chosen.choose('groups', true)
    expect(chosen.columns.value[1]!.wide).toBe(false)
  })

  it.each(['nonsense', '[1]', 'null', '{"groups":"no","name":false}'])('are as they begin where what is kept is %s', (kept) => {
    localStorage.setItem('weir.columns.things', kept)
    expect(shown(table())).toContain('groups')
  })

  it('of which one may not see stay away', () => {
    const chosen = table()
    chosen.choose('secret', true)
    expect(shown(chosen)).not.toContain('secret')
  })
})
