import { describe, expect, it } from 'vitest'
import { cronWords, looksLikeCron, type CronWords } from './cron'

describe('cronWords', () => {
  it.each([
    ['* * * * *', { key: 'everyMinute' }],
    ['*/15 * * * *', { key: 'everyMinutes', count: 15 }],
    ['13 * * * *', { key: 'hourly', minute: 13 }],
    ['@hourly', { key: 'hourly', minute: 0 }],
    ['29 */6 * * *', { key: 'everyHours', count: 6, minute: 29 }],
    ['17 3 * * *', { key: 'daily', times: '03:17' }],
    ['@daily', { key: 'daily', times: '00:00' }],
    ['0 8,20 * * *', { key: 'daily', times: '08:00, 20:00' }],
    ['30 9 * * 1-5', { key: 'weekly', times: '09:30', weekdays: [1, 2, 3, 4, 5] }],
    ['30 9 * * mon,FRI', { key: 'weekly', times: '09:30', weekdays: [1, 5] }],
    ['0 0 * * 7', { key: 'weekly', times: '00:00', weekdays: [0] }],
    ['0 4 1 * *', { key: 'monthly', times: '04:00', day: 1 }],
    ['0 4 31 dec *', { key: 'yearly', times: '04:00', day: 31, month: 12 }],
    ['  17   3  *  *  * ', { key: 'daily', times: '03:17' }],
  ] as [string, Partial<CronWords>][])('%s', (schedule, words) => expect(cronWords(schedule)).toMatchObject(words))

  it.each(['', 'x', '* * * *', '60 3 * * *', '5 24 * * *', '0 4 1 * 1', '*/0 * * * *', '0 5-3 * * *', '0 0-23 * * *', '1-5 * * * *', '0 4 1-5 * *', '@never', '0 4 * 2 *'])(
    'has no words for "%s"',
    (schedule) => expect(cronWords(schedule).key).toBe('other'),
  )
})

it.each([
  ['@daily', true],
  ['0 4 * * *', true],
  ['0 4 * *', false],
  ['', false],
])('"%s" looks like one: %s', (schedule, looks) => expect(looksLikeCron(schedule)).toBe(looks))
