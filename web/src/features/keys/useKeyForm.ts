import { useI18n } from 'vue-i18n'
import { changeKey, createKey, getKey, type Key, type KeyBody, type KeyWithText } from '@/api/keys'
import { useRecordForm } from '@/composables/useRecordForm'
import { useSaved } from '@/composables/useSaved'
import { expiryInstant, expiryOf, isExpiryGiven } from '@/domain/expiry'
import { limitFaults, limitTexts, limitsOf } from '@/domain/limits'
import { linesOf, textOfLines } from '@/domain/lines'
import { useSession } from '@/stores/session'
import { useUi } from '@/stores/ui'

function valuesOf(key: Key | null, zone: string, userId: number) {
  return {
    name: key?.name ?? '',
    group_id: key?.group_id ?? 1,
    user_id: key?.user_id ?? userId,
    expires_at: expiryOf(key?.expires_at, zone),
    allowed_models: textOfLines(key?.allowed_models),
    allowed_ips: textOfLines(key?.allowed_ips),
    system_prompt: key?.system_prompt ?? '',
    cache: key?.cache ?? false,
    record_bodies: key?.record_bodies ?? false,
    limits: limitTexts(key?.limits),
  }
}

type Values = ReturnType<typeof valuesOf>

// One form for a new key and one that is there. What only administrators may set is not sent by others.
export function useKeyForm(start: Key | null, made: (key: KeyWithText) => void) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const session = useSession()
  const ui = useUi()

  function bodyOf({ group_id, user_id, record_bodies, expires_at, allowed_models, allowed_ips, limits, ...rest }: Values, kept: Key | null): KeyBody {
    return {
      ...rest,
      expires_at: expiryInstant(expires_at, ui.zone, kept?.expires_at),
      allowed_models: linesOf(allowed_models),
      allowed_ips: linesOf(allowed_ips),
      limits: limitsOf(limits),
      ...(session.isAdmin && { group_id, user_id, record_bodies }),
    }
  }

  return useRecordForm({
    record: start,
    valuesOf: (key: Key | null) => valuesOf(key, ui.zone, session.user?.id ?? 0),
    bodyOf,
    rules: {
      name: (value) => (value.trim() ? '' : t('form.required')),
      expires_at: (value) => (isExpiryGiven(value) ? '' : t('keys.dateNeeded')),
      limits: (value) => (Object.keys(limitFaults(value)).length > 0 ? t('limits.help') : ''),
    },
    get: getKey,
    create: async (body) => {
      const { data, revision } = await createKey(body)
      void saved(revision)
      made(data)
    },
    change: async (id, version, body) => void saved((await changeKey(id, version, body)).revision),
  })
}
