import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { press, shown } from '@/testing/shown'
import ExportDialog from './ExportDialog.vue'

let dialog: VueWrapper
const saved = vi.fn<(href: string) => void>()
afterEach(() => dialog.unmount())

async function download(answer: Response) {
  saved.mockClear()
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved(this.getAttribute('href')!)
  })
  const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
  dialog = await shown(ExportDialog, { query: { model: ['a'] }, count: 3 })
  await press('Download')
  await flushPromises()
  return new URL((fetched.mock.calls[0]![0] as Request).url).pathname
}

it('has the browser save the file, once it is known that there is one', async () => {
  expect(await download(new Response('id\n'))).toBe('/api/v1/usage/export')
  expect(saved.mock.calls).toEqual([['/api/v1/usage/export?model=a&format=csv']])
})

it('says why there is none', async () => {
  await download(new Response(JSON.stringify({ error: 'usage does not answer', reason: 'service_away' }), { status: 503 }))
  expect(saved).not.toHaveBeenCalled()
  expect(document.querySelector('[role=dialog] [role=alert]')!.textContent).toContain('A service behind admin does not answer')
})
