import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import { i18n } from '@/locales/i18n'
import DataList from './DataList.vue'

const ROWS = [1, 2, 3].map((id) => ({ id, name: `<img src=x onerror=alert(${id})>` }))
const COLUMNS = [
  { key: 'name', title: 'Name', sort: 'username' },
  { key: 'cost', title: 'Cost', sort: 'cost', align: 'end' as const },
  { key: 'note', title: 'Note' },
]

function list(props: Record<string, unknown> = {}, slots: Record<string, string> = {}) {
  return mount(DataList, {
    props: { label: 'Users', columns: COLUMNS, rows: ROWS, sort: '-cost', onOpen: () => undefined, ...props },
    slots,
    global: { plugins: [createPinia(), i18n] },
    attachTo: document.body,
  })
}

describe('DataList', () => {
  it('says on a narrow screen too how it is sorted, by a column that is not there as well', async () => {
    const wrapper = list()
    const chosen = () => (wrapper.find('select').element as HTMLSelectElement).selectedOptions[0]?.textContent
    expect(chosen()).toBe('Cost ↓')
    await wrapper.setProps({ sort: '-created_at' })
    expect(chosen()).toBe('Newest first')
    await wrapper.setProps({ sort: 'id' })
    expect(chosen()).toBe('Sort by')
    wrapper.unmount()
  })

  it('says how it is sorted, and sorts upwards, then downwards', async () => {
    const wrapper = list()
    const heads = wrapper.findAll('th')
    expect(heads.map((head) => head.attributes('aria-sort'))).toEqual(['none', 'descending', undefined])
    await heads[0]!.find('button').trigger('click')
    await heads[1]!.find('button').trigger('click')
    await wrapper.setProps({ sort: 'cost' })
    await heads[1]!.find('button').trigger('click')
    expect(wrapper.emitted('update:sort')).toEqual([['username'], ['cost'], ['-cost']])
    expect(heads[2]!.find('button').exists()).toBe(false)
    wrapper.unmount()
  })

  it('takes e where rows can be changed, and leaves it to others where they cannot', async () => {
    const pressed = (props: Record<string, unknown>) => {
      const wrapper = list(props)
      const event = new KeyboardEvent('keydown', { key: 'e', bubbles: true, cancelable: true })
      wrapper.find('tbody tr').element.dispatchEvent(event)
      const edited = wrapper.emitted('edit')?.length ?? 0
      wrapper.unmount()
      return [edited, event.defaultPrevented]
    }
    expect([pressed({ onEdit: () => undefined }), pressed({})]).toEqual([[1, true], [0, false]])
  })

  it('goes through rows by j and k and arrows, opens with Enter, ticks with x', async () => {
    const wrapper = list({ selected: new Set([2]) })
    const rows = wrapper.findAll('tbody tr')
    ;(rows[0]!.element as HTMLElement).focus()
    await rows[0]!.trigger('keydown', { key: 'j' })
    expect(document.activeElement).toBe(rows[1]!.element)
    await rows[1]!.trigger('keydown', { key: 'ArrowDown' })
    await rows[2]!.trigger('keydown', { key: 'j' })
    expect(document.activeElement).toBe(rows[2]!.element)
    await rows[2]!.trigger('keydown', { key: 'k' })
    expect(document.activeElement).toBe(rows[1]!.element)
    await rows[1]!.trigger('keydown', { key: 'Enter' })
    await rows[1]!.trigger('keydown', { key: 'x' })
    await rows[1]!.trigger('keydown', { key: 'q' })
    expect(wrapper.emitted('open')).toEqual([[ROWS[1]]])
    expect(wrapper.emitted('toggle')).toEqual([[2]])
    wrapper.unmount()
  })

  it('is entered from anywhere by j, changed by e, asked for again by r; not while somebody types', async () => {
    const wrapper = list({ onEdit: () => undefined })
    const rows = wrapper.findAll('tbody tr')
    const press = (key: string, where: Element = document.body) => where.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    press('j')
    expect(document.activeElement).toBe(rows[0]!.element)
    press('j', document.activeElement!)
    expect(document.activeElement).toBe(rows[1]!.element)
    press('e', document.activeElement!)
    ;(document.activeElement as HTMLElement).blur()
    press('k')
    expect(document.activeElement).toBe(rows[1]!.element)
    press('r')
    const field = document.body.appendChild(document.createElement('input'))
    press('r', field)
    const dialog = document.body.appendChild(document.createElement('div'))
    dialog.setAttribute('aria-modal', 'true')
    press('r')
    expect([wrapper.emitted('retry')?.length, wrapper.emitted('edit')]).toEqual([1, [[ROWS[1]]]])
    field.remove()
    dialog.remove()
    wrapper.unmount()
    press('r')
  })

  it('keys and clicks of what stands in a row are not the row’s', async () => {
    const wrapper = list({}, { 'cell-note': '<button class="act">go</button>' })
    await wrapper.find('.act').trigger('keydown', { key: 'Enter' })
    await wrapper.find('.act').trigger('click')
    expect(wrapper.emitted('open')).toBeUndefined()
    await wrapper.find('tbody td').trigger('click')
    expect(wrapper.emitted('open')).toHaveLength(1)
    wrapper.unmount()
  })

  it('a row that leads nowhere does not look as if it did', async () => {
    const wrapper = list({ opens: (row: { id: number }) => row.id !== 2 })
    const rows = wrapper.findAll('tbody tr')
    expect(rows.map((row) => row.classes('still'))).toEqual([false, true, false])
    for (const row of rows) await row.trigger('click')
    for (const row of rows) await row.trigger('keydown', { key: 'Enter' })
    expect(wrapper.emitted('open')).toEqual([[ROWS[0]], [ROWS[2]], [ROWS[0]], [ROWS[2]]])
    wrapper.unmount()
  })

  it('rows that nobody opens, changes or ticks are no stops of the keyboard and look like none', () => {
    const rowsOf = (props: Record<string, unknown>) => {
      const wrapper = list({ onOpen: undefined, ...props })
      const row = wrapper.find('tbody tr')
      const seen = [row.attributes('tabindex'), row.classes('still')]
      wrapper.unmount()
      return seen
    }
    expect(rowsOf({})).toEqual([undefined, true])
    expect(rowsOf({ selected: new Set() })).toEqual(['0', true])
    expect(rowsOf({ onOpen: () => undefined })).toEqual(['0', false])
  })

  it('ticks one and the page', async () => {
    const wrapper = list({ selected: new Set([1, 2, 3]) })
    const boxes = wrapper.findAll('table input[type=checkbox]')
    expect((boxes[0]!.element as HTMLInputElement).checked).toBe(true)
    await boxes[0]!.trigger('change')
    await boxes[2]!.trigger('change')
    expect(wrapper.emitted('togglePage')).toEqual([[[1, 2, 3]]])
    expect(wrapper.emitted('toggle')).toEqual([[2]])
    expect(wrapper.emitted('open')).toBeUndefined()
    wrapper.unmount()
  })

  it('shows names as text, whatever they are, and a dash for what is not there', () => {
    const wrapper = list()
    expect(wrapper.find('img').exists()).toBe(false)
    expect(wrapper.findAll('tbody td').slice(0, 2).map((cell) => cell.text())).toEqual([ROWS[0]!.name, '–'])
    wrapper.unmount()
  })

  it('keeps old rows, dimmed, below an error, and offers another try', async () => {
    const wrapper = list({ error: new ApiError(503, 'service_away', 'usage is away', {}, 'req-1'), loadedAt: new Date() })
    expect(wrapper.find('table').classes()).toContain('stale')
    expect(wrapper.find('[role=alert]').text()).toContain('req-1')
    await wrapper.find('[role=alert] > button').trigger('click')
    expect(wrapper.emitted('retry')).toHaveLength(1)
    wrapper.unmount()
  })

  it('is empty only when it knows', async () => {
    const wrapper = list({ rows: [], loading: true }, { empty: '<p class="nothing">none</p>' })
    expect(wrapper.find('.nothing').exists()).toBe(false)
    await wrapper.setProps({ loading: false })
    expect(wrapper.find('.nothing').exists()).toBe(true)
    await wrapper.setProps({ error: new ApiError(0, 'offline', 'no answer') })
    expect(wrapper.find('.nothing').exists()).toBe(false)
    wrapper.unmount()
  })
})
