import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'
import { changeUser, createUser, getUser, type User, type UserBody } from '@/api/users'
import { useForm } from '@/composables/useForm'
import { useSaved } from '@/composables/useSaved'
import { limitFaults, limitTexts, limitsOf } from '@/domain/limits'
import { linesOf, textOfLines } from '@/domain/lines'
import { useProof } from '@/stores/proof'

function valuesOf(user: User | null) {
  return {
    username: user?.username ?? '',
    name: user?.name ?? '',
    email: user?.email ?? '',
    password: '',
    role: user?.role ?? ('user' as const),
    status: user?.status ?? ('active' as const),
    group_id: user?.group_id ?? 1,
    allowed_ips: textOfLines(user?.allowed_ips),
    limits: limitTexts(user?.limits),
  }
}

type Values = ReturnType<typeof valuesOf>

function bodyOf({ password, allowed_ips, limits, ...rest }: Values): UserBody {
  return { ...rest, allowed_ips: linesOf(allowed_ips), limits: limitsOf(limits), ...(password && { password }) }
}

// One form for a new user and one that is there. Who saved meanwhile is shown before anything is lost.
export function useUserForm(start: User | null) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const version = ref(start?.version ?? 0)
  const theirs = shallowRef<User | null>(null)

  async function save(values: Values) {
    const body = bodyOf(values)
    try {
      const { revision } = await proven(() => (start ? changeUser(start.id, version.value, body) : createUser(body)))
      void saved(revision)
    } catch (failure) {
      if (start && asApiError(failure).isConflict) theirs.value = await getUser(start.id)
      throw failure
    }
  }

  const form = useForm(
    valuesOf(start),
    {
      username: (value) => (value.trim() ? '' : t('form.required')),
      password: (value) => (start || value ? '' : t('form.required')),
      limits: (value) => (Object.keys(limitFaults(value)).length > 0 ? t('limits.help') : ''),
    },
    save,
  )

  // Theirs is taken, mine is gone; or mine goes over theirs, knowingly.
  function takeTheirs() {
    version.value = theirs.value!.version
    form.reset(valuesOf(theirs.value))
    theirs.value = null
  }

  async function saveOver() {
    version.value = theirs.value!.version
    theirs.value = null
    return form.submit()
  }

  return { ...form, theirs, takeTheirs, saveOver, valuesOf, mine: () => bodyOf(form.values) }
}
