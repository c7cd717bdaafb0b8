import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import * as api from '@/api/accounts'
import { inScope } from '@/testing/inScope'
import { useExport, useImport } from './useAccountTransfer'

vi.mock('@/composables/download', () => ({ download: () => undefined }))
vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const file = (name: string, text: Promise<string>) => ({ name, text: () => text }) as File
const report = (added: string) => ({ data: { added: [added], changed: [], unchanged: 0, kept: [] }, revision: 0 }) as never
let importing: ReturnType<typeof useImport>
beforeEach(() => void (importing = inScope(() => useImport(() => undefined)).result))

it('takes the file that was chosen last, however slowly the one before is read', async () => {
  let readFirst: (text: string) => void = () => undefined
  const first = importing.take(file('a.json', new Promise((resolve) => (readFirst = resolve))))
  await importing.take(file('b.json', Promise.resolve('[{"name":"b"}]')))
  readFirst('[{"name":"a"}]')
  await first
  expect(importing.file.value).toEqual({ accounts: [{ name: 'b' }] })
})

it('shows no difference of a file that is not chosen any more', async () => {
  let answer: (what: never) => void = () => undefined
  vi.spyOn(api, 'importAccounts').mockReturnValueOnce(new Promise((resolve) => (answer = resolve)))
  await importing.take(file('a.json', Promise.resolve('[]')))
  const running = importing.run(true)
  await importing.take(file('b.json', Promise.resolve('[{}]')))
  await flushPromises()
  answer(report('a'))
  await running
  expect([importing.report.value, importing.busy.value]).toEqual([null, false])
})

it('exports and imports once, however often Enter is pressed', async () => {
  const exported = vi.spyOn(api, 'exportAccounts').mockResolvedValue(new Blob() as never)
  const out = inScope(() => useExport()).result
  expect(await Promise.all([out.run('json', ''), out.run('json', '')])).toEqual([true, false])
  expect(exported).toHaveBeenCalledTimes(1)
  const imported = vi.spyOn(api, 'importAccounts').mockResolvedValue(report('a'))
  await importing.take(file('a.json', Promise.resolve('[]')))
  await Promise.all([importing.run(true), importing.run(true)])
  expect(imported).toHaveBeenCalledTimes(1)
})

it('says of a file that cannot be read that it cannot, and takes the next one', async () => {
  await importing.take(file('a.json', Promise.reject(new DOMException('gone', 'NotReadableError'))))
  expect([importing.file.value, importing.unreadable.value, importing.error.value?.reason]).toEqual([null, false, 'file_unreadable'])
  await importing.take(file('a.json', Promise.resolve('[]')))
  expect([importing.file.value, importing.error.value]).toEqual([{ accounts: [] }, null])
})
