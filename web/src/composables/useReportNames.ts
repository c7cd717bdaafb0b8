import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { getAccount, listAccounts } from '@/api/accounts'
import { getGroup, listGroups } from '@/api/groups'
import { getKey, listKeys } from '@/api/keys'
import { usageTop } from '@/api/usage'
import { getUser, listUsers } from '@/api/users'
import { useNames, type Named, type NameSource } from '@/composables/useNames'
import { useResource } from '@/composables/useResource'
import { daysBefore } from '@/domain/reportRange'
import { bysFor, idOf, nameOf, UNKNOWN_MODEL, type By } from '@/domain/usage'

const DAYS = 30
const MANY = 100
const FOUND = 50
type Names = Partial<Record<By, { value: string; label: string }[]>>
type Listed = Exclude<By, 'model'>

const named = ({ id, name }: { id: number; name: string }): Named => ({ id, label: name })
const login = ({ id, username }: { id: number; username: string }): Named => ({ id, label: username })
const found = { limit: FOUND, sort: 'name' as const }

const SOURCES: Record<Listed, NameSource> = {
  key: { list: async (name, signal) => (await listKeys({ ...found, name }, signal)).data.map(named), get: async (id, signal) => named(await getKey(id, signal)) },
  user: {
    list: async (username, signal) => (await listUsers({ limit: FOUND, sort: 'username', username }, signal)).data.map(login),
    get: async (id, signal) => login(await getUser(id, signal)),
  },
  group: { list: async (name, signal) => (await listGroups({ ...found, name }, signal)).data.map(named), get: async (id, signal) => named(await getGroup(id, signal)) },
  account: { list: async (name, signal) => (await listAccounts({ ...found, name }, signal)).data.map(named), get: async (id, signal) => named(await getAccount(id, signal)) },
}

// What may be filtered by, named: who and what had requests in the last 30 days, the most first, then what a search
// has found or a name was asked of. Of users, groups and accounts administrators alone can ask.
export function useReportNames(admin: () => boolean) {
  const { t } = useI18n()
  const { data } = useResource(admin, async (isAdmin, signal): Promise<Names> => {
    const bys = bysFor(isAdmin)
    const from = daysBefore(new Date().toISOString().slice(0, 10), DAYS)
    const tops = await Promise.all(bys.map((by) => usageTop({ by: [by], from, limit: MANY, sort: '-requests' }, signal)))
    return Object.fromEntries(
      bys.map((by, i) => [by, tops[i]!.data.map((row) => ({ value: idOf(row, by), label: nameOf(row, by, t('usage.unknownModel')) })).filter(({ value }) => value !== '' && value !== '0')]),
    )
  })

  const may = (by: Listed) => admin() || by === 'key'
  const rest = (by: Listed) => useNames({ ...SOURCES[by], onlyFound: true })
  const more = { key: rest('key'), user: rest('user'), group: rest('group'), account: rest('account') }

  function choicesOf(by: By) {
    const listed = data.value?.[by] ?? []
    if (by === 'model') return listed
    const there = new Set(listed.map(({ value }) => value))
    return [...listed, ...[...more[by].known.value].map(([id, label]) => ({ value: String(id), label })).filter(({ value }) => !there.has(value))]
  }
  const names = computed((): Names => Object.fromEntries(bysFor(admin()).map((by) => [by, choicesOf(by)])))

  // Before the list is there nothing is asked by its number.
  function nameFor(by: By, id: string | number): string {
    const label = names.value[by]?.find(({ value }) => value === String(id))?.label
    if (label !== undefined) return label
    if (by === 'model') return id === UNKNOWN_MODEL ? t('usage.unknownModel') : String(id)
    return data.value && may(by) ? more[by].nameOf(Number(id)) : `#${id}`
  }
  function search(by: By, words: string) {
    if (by !== 'model' && may(by)) more[by].search(words)
  }
  return { names, nameFor, search }
}
