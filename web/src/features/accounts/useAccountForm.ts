import { computed, inject, provide, ref, shallowRef, type ComputedRef, type InjectionKey } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'
import { changeAccount, createAccount, getAccount, type Account, type AccountBody, type AccountChange } from '@/api/accounts'
import { clashes } from '@/domain/conflict'
import { useForm, type Form } from '@/composables/useForm'
import { useSaved } from '@/composables/useSaved'
import { limitFaults } from '@/domain/limits'
import { pairsOf } from '@/domain/pairs'
import type { PlatformName } from '@/domain/platforms'
import { useProof } from '@/stores/proof'
import { changeOf, fieldsOf, newValues, valuesOf, type AccountField, type AccountValues } from './accountFormValues'

export interface AccountFormParts {
  form: Pick<Form<AccountValues>, 'values' | 'errors' | 'touch'>
  shows: (name: AccountField) => boolean
  isNew: boolean
  hasSecret: ComputedRef<boolean>
}

const PARTS: InjectionKey<AccountFormParts> = Symbol('account form')
export const useAccountFormParts = () => inject(PARTS)!
export const provideAccountForm = (parts: AccountFormParts) => provide(PARTS, parts)

const isWhole = (text: string, least: number, most: number) => /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= most

// What can be said while typing; the server has the last word.
export function useAccountRules(shows: (name: AccountField) => boolean) {
  const { t } = useI18n()
  const line = (wrong: number[]) => (wrong.length > 0 ? t('accountForm.wrong.line', { line: wrong[0]! }) : '')
  const number = (text: string, min: number, max: number) => (isWhole(text, min, max) ? '' : t('accountForm.wrong.number', { min, max }))
  const rules = {
    name: (text: string) => (text.trim() ? '' : t('form.required')),
    request_url: (text: string) => (/^https?:\/\/[^\s/]+/.test(text.trim()) ? '' : t('accountForm.wrong.url')),
    group_ids: (ids: number[]) => (ids.length > 0 ? '' : t('accountForm.wrong.group')),
    priority: (text: string) => number(text, 0, 1000),
    weight: (text: string) => number(text, 1, 1000),
    model_mapping: (text: string) => line(pairsOf(text, '=').wrong),
    headers: (text: string) => line(pairsOf(text, ':').wrong),
    limits: (texts: AccountValues['limits']) => (Object.keys(limitFaults(texts)).length > 0 ? t('limits.help') : ''),
    timeouts: (texts: AccountValues['timeouts']) =>
      Object.values(texts).every((text) => text.trim() === '' || isWhole(text, 0, 86_400_000)) ? '' : t('accountForm.wrong.ms'),
  }
  // What is not shown is not asked for.
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [name, (value: never) => (shows(name as AccountField) ? rule(value) : '')]),
  ) as { [Name in keyof typeof rules]: (value: AccountValues[Name]) => string }
}

const NEEDED = ['name', 'platform_type', 'request_url', 'credential_type', 'group_ids'] as const

// One form for a new account and one that is there. Who saved meanwhile is shown before anything is lost.
export function useAccountForm(given: Account | null, platform: PlatformName = 'claude') {
  const { saved } = useSaved()
  const { proven } = useProof()
  const start = shallowRef(given ? valuesOf(given) : newValues(platform))
  const base = shallowRef(given) // what my changes are against: who saved is in the way where it differs from that
  const theirs = shallowRef<Account | null>(null)
  const made = ref(given?.id ?? 0)

  async function save(values: AccountValues) {
    try {
      const { data, revision } = await proven(() =>
        given
          ? changeAccount(given.id, base.value!.version, changeOf(values, start.value))
          : createAccount(changeOf(values, start.value, NEEDED) as AccountBody),
      )
      made.value = data.id
      void saved(revision)
    } catch (failure) {
      if (!given || !asApiError(failure).isConflict) throw failure
      const there = await getAccount(given.id)
      if (there.version === base.value!.version) throw failure // another conflict: a name that is taken
      const change = changeOf(values, start.value)
      if (clashes(change, base.value!, there).length > 0) {
        theirs.value = there
        throw failure
      }
      // What relays see of an account changes its version too: that is in nobody's way.
      base.value = there
      void saved((await proven(() => changeAccount(given.id, there.version, change))).revision)
    }
  }

  const shows = (name: AccountField): boolean => fieldsOf(form.values)(name)
  const form: Form<AccountValues> = useForm(start.value, useAccountRules((name) => shows(name)), save)
  provideAccountForm({ form, shows, isNew: !given, hasSecret: computed(() => given?.has_secret ?? false) })

  // Theirs is taken, mine is gone; or mine goes over theirs, knowingly.
  function takeTheirs() {
    base.value = theirs.value
    start.value = valuesOf(theirs.value)
    form.reset(start.value)
    theirs.value = null
  }

  async function saveOver() {
    base.value = theirs.value
    theirs.value = null
    return form.submit()
  }

  // A conflict shows what I changed, against what is there now; never a secret.
  const SECRETS = ['secret_key', 'oauth']
  const mine = computed(() => {
    const change: AccountChange = changeOf(form.values, start.value)
    return Object.fromEntries(Object.entries(change).filter(([name]) => !SECRETS.includes(name)))
  })
  const thereNow = computed(() => (theirs.value ?? {}) as Record<string, unknown>)

  return { ...form, made, theirs, thereNow, mine, takeTheirs, saveOver }
}
