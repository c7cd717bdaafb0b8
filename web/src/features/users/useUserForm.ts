import { useI18n } from 'vue-i18n'
import { changeUser, createUser, getUser, type User, type UserBody } from '@/api/users'
import { useRecordForm } from '@/composables/useRecordForm'
import { useSaved } from '@/composables/useSaved'
import { limitFaults, limitTexts, limitsOf } from '@/domain/limits'
import { linesOf, textOfLines } from '@/domain/lines'
import { useProof } from '@/stores/proof'
import { useSession } from '@/stores/session'

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

// A password that is not one's own is good until its user has chosen another.
const bodyOf = (own: boolean) => ({ password, allowed_ips, limits, ...rest }: Values): UserBody => ({
  ...rest,
  allowed_ips: linesOf(allowed_ips),
  limits: limitsOf(limits),
  ...(password && { password, ...(!own && { must_change_password: true }) }),
})

// One form for a new user and one that is there.
export function useUserForm(start: User | null) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const own = !!start && start.id === useSession().user?.id
  const done = async (change: Promise<{ revision: number }>) => void saved((await change).revision)

  return useRecordForm({
    record: start,
    valuesOf,
    bodyOf: bodyOf(own),
    rules: {
      username: (value) => (value.trim() ? '' : t('form.required')),
      password: (value) => (start || value ? '' : t('form.required')),
      limits: (value) => (Object.keys(limitFaults(value)).length > 0 ? t('limits.help') : ''),
    },
    get: getUser,
    create: (body) => done(proven(() => createUser(body))),
    change: (id, version, body) => done(proven(() => changeUser(id, version, body))),
  })
}
