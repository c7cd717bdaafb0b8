import type { DOMWrapper, VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as keys from '@/api/keys'
import * as models from '@/api/models'
import { shown } from '@/testing/shown'
import FirstSteps from './FirstSteps.vue'

let part: VueWrapper
afterEach(() => part.unmount())

async function stepsWith(accounts: number | null, keyCount: number) {
  vi.spyOn(models, 'listModels').mockResolvedValue([{ name: 'glm-4.6', provider: 'anthropic' }] as never)
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: keyCount, total_at_least: false, page: 1, limit: 1 })
  part = await shown(FirstSteps, { accounts })
  const href = (step: DOMWrapper<Element>) => (step.find('a').exists() ? step.find('a').attributes('href') : '')
  return part.findAll('li').map((step) => [step.text(), href(step)])
}

it('leads to what is still to do, and says what is done', async () => {
  expect(await stepsWith(0, 2)).toEqual([
    ['Add an account', '/accounts?add=true'],
    ['✓ There is a key', ''],
    ['Send a first request, with the key in WEIR_API_KEY:', ''],
  ])
  expect(part.find('pre').text()).toContain('glm-4.6')
})

it('says nothing of accounts to who is no administrator', async () => {
  expect((await stepsWith(null, 0)).map(([text]) => text)).toEqual(['Create a key', 'Send a first request, with the key in WEIR_API_KEY:'])
})
