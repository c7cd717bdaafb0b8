import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as api from '@/api/accounts'
import { asksFirst, fieldOf, press, shown, type } from '@/testing/shown'
import TransferDrawer from './TransferDrawer.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))
vi.mock('@/composables/download', () => ({ download: () => undefined }))

let drawer: VueWrapper
beforeEach(async () => void (drawer = await shown(TransferDrawer)))
afterEach(() => drawer.unmount())

async function give(name: string, text: string) {
  const field = fieldOf('File (JSON or CSV)') as HTMLInputElement
  Object.defineProperty(field, 'files', { value: [new File([text], name)], configurable: true })
  field.dispatchEvent(new Event('change'))
  await vi.waitFor(flushPromises)
}

it('closes at once where nothing was begun', () => expect(asksFirst(drawer)).toBe(false))

it('asks about a passphrase that nothing was sealed with yet', async () => {
  vi.spyOn(api, 'exportAccounts').mockResolvedValue(new Blob() as never)
  await type('Passphrase', 'twelve characters')
  expect(asksFirst(drawer)).toBe(true)
  await press('Download')
  expect(asksFirst(drawer)).toBe(false)
})

it('asks about a file that was not taken over, and about the passphrase for it', async () => {
  vi.spyOn(api, 'importAccounts').mockResolvedValue({ data: { added: ['a'], changed: [], kept: [], unchanged: 0 }, revision: 0 } as never)
  await give('accounts.csv', 'name,platform_type\na,claude')
  expect(asksFirst(drawer)).toBe(true)
  await press('Show what would change')
  expect(asksFirst(drawer)).toBe(true)
  await press('Import 1 account')
  expect(asksFirst(drawer)).toBe(false)
  await type('Passphrase', 'of another file', 1)
  expect(asksFirst(drawer)).toBe(true)
})
