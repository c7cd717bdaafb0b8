import { expect, it } from 'vitest'
import type { UsageRow } from '@/api/usage'
import { SUM_COLUMNS, sumsFile } from './sumsFile'

const row = (change: Partial<UsageRow>) => ({ requests: 3, errors: 1, cost_usd: '0.000000001', input_tokens: 7, ...change }) as UsageRow

it('has ids with names, and the columns that were chosen, in their order', () => {
  const rows = [row({ model: 'a', key_id: 7, key_name: 'ci' }), row({ model: 'b', key_id: 8, key_name: null })]
  expect(sumsFile(rows, ['model', 'key'], ['requests', 'cost_usd'], 'csv')).toBe('model,key_id,key_name,requests,cost_usd\r\na,7,ci,3,0.000000001\r\nb,8,,3,0.000000001\r\n')
  expect(sumsFile(rows, ['key'], ['errors'], 'jsonl')).toBe('{"key_id":7,"key_name":"ci","errors":1}\n{"key_id":8,"key_name":null,"errors":1}\n')
})

it('a name is a text to every spreadsheet', () => {
  const names = ['=1+1', '+x', '-x', '@x', 'a,b', 'say "hi"', 'two\nlines']
  const lines = sumsFile(names.map((model) => row({ model })), ['model'], [], 'csv').split('\r\n').slice(1, -1)
  expect(lines).toEqual(["'=1+1", "'+x", "'-x", "'@x", '"a,b"', '"say ""hi"""', '"two\nlines"'])
})

it('a sum below zero is a number', () => {
  expect(sumsFile([row({ cost_usd: '-0.25' })], [], ['cost_usd'], 'csv')).toBe('cost_usd\r\n-0.25\r\n')
})

it('nothing is a file of names alone', () => {
  expect(sumsFile([], ['model'], ['requests'], 'csv')).toBe('model,requests\r\n')
  expect(sumsFile([], ['model'], SUM_COLUMNS, 'jsonl')).toBe('')
})
