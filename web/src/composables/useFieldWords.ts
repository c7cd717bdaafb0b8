import { useI18n } from 'vue-i18n'
import { needTexts } from '@/locales/i18n'

// Where forms name the fields of what the audit is about, and fields that are called otherwise there.
const PLACES: Record<string, string> = {
  account: 'accountForm.fields',
  group: 'groups.fields',
  'API key': 'keys.fields',
  user: 'users.fields',
  route: 'routes',
  price: 'prices',
  task: 'tasks',
  settings: 'settings.names',
}
const OTHERWISE: Record<string, Record<string, string>> = {
  'API key': { expires_at: 'keys.fields.expiry', cache: 'keys.cache', record_bodies: 'keys.recordBodies', status: 'keys.status' },
  group: { status: 'groups.status' },
  user: { group_id: 'users.fields.group', allowed_ips: 'users.fields.ips', password_hash: 'users.fields.password' },
  route: {
    group_ids: 'routes.groups',
    upstream_model: 'routes.upstream',
    max_tokens: 'routes.maxTokens',
    temperature_default: 'routes.temperature',
    stream: 'routes.streamLabel',
    attempts_max: 'routes.attempts',
    on_disconnect: 'routes.disconnectLabel',
    drain_ms_max: 'routes.drainMs',
    drain_usd_max: 'routes.drainUsd',
    native_only: 'routes.native',
  },
  price: { effective_from: 'prices.from' },
  task: { time_zone: 'tasks.zone' },
}

// A field of a changed thing as its form names it; one that no form has, as it is, as all are until the forms' texts
// have come.
export function useFieldWords() {
  const { t, te } = useI18n()
  void needTexts().catch(() => undefined)

  return (resource: string, field: string): string => {
    const [name = '', ...inner] = field.split('.')
    const key = OTHERWISE[resource]?.[name] ?? `${PLACES[resource]}.${name}`
    if (!te(key)) return field
    const member = inner.join('.')
    if (!member) return t(key)
    return `${t(key)} · ${name === 'limits' && te(`limits.${member}`) ? t(`limits.${member}`) : member}`
  }
}
