import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { ApiError } from '@/api/errors'
import { i18n } from '@/locales/i18n'
import FailedPart from './FailedPart.vue'

const part = (error: ApiError | null) => mount(FailedPart, { props: { what: 'Counts', error }, global: { plugins: [i18n] } })

it('says what is missing, and why, and tries again', async () => {
  const shown = part(new ApiError(503, 'unavailable', 'usage is away'))
  expect(shown.get('[role=status]').text()).toContain('Counts: could not be loaded.')
  await shown.get('button').trigger('click')
  expect(shown.emitted('retry')?.length).toBe(1)
})

it('is not there when nothing failed', () => expect(part(null).find('p').exists()).toBe(false))
