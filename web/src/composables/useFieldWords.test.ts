import { expect, it } from 'vitest'
import { inScope } from '@/testing/inScope'
import { useFieldWords } from './useFieldWords'

it.each([
  ['account', 'request_url', 'Address'],
  ['API key', 'expires_at', 'Expires'],
  ['user', 'limits.usd_per_day', 'Limits · USD per day'],
  ['route', 'upstream_model', 'Model that serves'],
  ['route', 'words', 'words'], // a group of texts is no name
  ['account', 'headers.x-team', 'Headers · x-team'],
  ['account', 'no_such_field', 'no_such_field'],
  ['something new', 'name', 'name'],
])('%s %s: %s', (resource, field, words) => expect(inScope(useFieldWords).result(resource, field)).toBe(words))
