import { expect, it } from 'vitest'
import { accountFileOf } from './accountFile'

it.each([
  ['an export', 'weir.json', '{"accounts": [{"name": "a"}]}', { accounts: [{ name: 'a' }] }],
  ['a list', 'weir.json', '[{"name": "a"}]', { accounts: [{ name: 'a' }] }],
  ['JSON by another name', 'backup.txt', ' [1]', { accounts: [1] }],
  ['CSV', 'a.csv', 'name,platform_type\na,openai', { csv: 'name,platform_type\na,openai' }],
  ['broken JSON', 'a.json', '{"accounts": [', null],
  ['JSON of something else', 'a.json', '{"rows": []}', null],
  ['null', 'a.json', 'null', null],
  ['nothing', 'a.csv', '  \n', null],
])('%s', (_, name, text, expected) => expect(accountFileOf(name, text)).toEqual(expected))
