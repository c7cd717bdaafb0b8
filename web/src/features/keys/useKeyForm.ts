import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError } from '@/api/errors'
import { changeKey, createKey, getKey, type Key, type KeyBody, type KeyWithText } from '@/api/keys'
import { useForm } from '@/composables/useForm'
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
  const version = ref(start?.version ?? 0)
  const theirs = shallowRef<Key | null>(null)
  const shown = (key: Key | null) => valuesOf(key, ui.zone, session.user?.id ?? 0)

  function bodyOf({ group_id, user_id, record_bodies, expires_at, allowed_models, allowed_ips, limits, ...rest }: Values): KeyBody {
    return {
      ...rest,
      expires_at: expiryInstant(expires_at, ui.zone, start?.expires_at),
      allowed_models: linesOf(allowed_models),
      allowed_ips: linesOf(allowed_ips),
      limits: limitsOf(limits),
      ...(session.isAdmin && { group_id, user_id, record_bodies }),
    }
  }

  async function save(values: Values) {
    const body = bodyOf(values)
    if (!start) {
      const { data, revision } = await createKey(body)
      void saved(revision)
      return made(data)
    }
    try {
      void saved((await changeKey(start.id, version.value, body)).revision)
    } catch (failure) {
      if (asApiError(failure).isConflict) theirs.value = await getKey(start.id)
      throw failure
    }
  }

  const form = useForm(
    shown(start),
    {
      name: (value) => (value.trim() ? '' : t('form.required')),
      expires_at: (value) => (isExpiryGiven(value) ? '' : t('keys.dateNeeded')),
      limits: (value) => (Object.keys(limitFaults(value)).length > 0 ? t('limits.help') : ''),
    },
    save,
  )

  function takeTheirs() {
    version.value = theirs.value!.version
    form.reset(shown(theirs.value))
    theirs.value = null
  }

  async function saveOver() {
    version.value = theirs.value!.version
    theirs.value = null
    return form.submit()
  }

  // Both sides as the API has them, so that they can be compared field by field.
  const asBody = (key: Key) => bodyOf(shown(key)) as Record<string, unknown>
  return { ...form, theirs, takeTheirs, saveOver, asBody, mine: () => bodyOf(form.values) as Record<string, unknown> }
}
