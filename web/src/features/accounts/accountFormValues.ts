import type { Account, AccountChange } from '@/api/accounts'
import { limitTexts, limitsOf } from '@/domain/limits'
import { linesOf, textOfLines } from '@/domain/lines'
import { pairsOf, textOfPairs } from '@/domain/pairs'
import { PLATFORMS, type CredentialName, type PlatformName } from '@/domain/platforms'

// An account as its form has it, and the change that a form stands for.

export const TIMEOUTS = ['connect_ms', 'first_byte_ms', 'idle_ms', 'total_ms'] as const
export const TIERS = ['free', 'pro', 'pro+', 'business'] as const

function credentialValues(account: Account | null) {
  const { session, oauth } = account ?? {}
  return {
    credential_type: account?.credential_type ?? ('api_key' as CredentialName),
    secret_key: '',
    session: { protocol: session?.protocol ?? ('openai_chat' as const), credential_name: session?.credential_name ?? '' },
    oauth: {
      token_url: oauth?.token_url ?? '',
      client_id: oauth?.client_id ?? '',
      client_secret: '',
      client_auth: oauth?.client_auth ?? ('basic' as const),
      scopes: textOfLines(oauth?.scopes),
      refresh_token: '',
    },
    tier: account?.tier ?? '',
  }
}

export function valuesOf(account: Account | null) {
  return {
    name: account?.name ?? '',
    platform_type: account?.platform_type ?? ('claude' as PlatformName),
    request_url: account?.request_url ?? 'https://api.anthropic.com',
    provider: account?.provider ?? '',
    ...credentialValues(account),
    group_ids: account?.group_ids ?? [1],
    priority: String(account?.priority ?? 50),
    weight: String(account?.weight ?? 100),
    models: textOfLines(account?.models),
    model_mapping: textOfPairs(account?.model_mapping as Record<string, string>, '='),
    limits: limitTexts(account?.limits),
    proxy_url: account?.proxy_url ?? '',
    timeouts: Object.fromEntries(TIMEOUTS.map((name) => [name, account?.timeouts?.[name]?.toString() ?? ''])) as Record<(typeof TIMEOUTS)[number], string>,
    headers: textOfPairs(account?.headers as Record<string, string>, ':'),
    quirks: textOfLines(account?.quirks),
  }
}

// What a new account of a platform begins with.
export const newValues = (platform: PlatformName) => ({
  ...valuesOf(null),
  platform_type: platform,
  request_url: PLATFORMS[platform].url,
  credential_type: PLATFORMS[platform].credentials[0]!,
})

export type AccountValues = ReturnType<typeof valuesOf>
export type AccountField = keyof AccountValues

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
const changedOf = <Map extends object>(now: Map, start: Map): Partial<Map> =>
  Object.fromEntries(Object.entries(now).filter(([name, value]) => !same(value, start[name as keyof Map]))) as Partial<Map>

type Parts = { [Name in AccountField]?: (now: AccountValues, start: AccountValues) => unknown }

// What is written in another way than it is sent; of maps only what differs, for many accounts at once.
const PARTS: Parts = {
  priority: ({ priority }) => Number(priority),
  weight: ({ weight }) => Number(weight),
  models: ({ models }) => linesOf(models),
  quirks: ({ quirks }) => linesOf(quirks),
  model_mapping: ({ model_mapping }) => pairsOf(model_mapping, '=').pairs,
  headers: ({ headers }) => pairsOf(headers, ':').pairs,
  limits: ({ limits }, start) => changedOf(limitsOf(limits), limitsOf(start.limits)),
  timeouts: ({ timeouts }, start) =>
    Object.fromEntries(Object.entries(changedOf(timeouts, start.timeouts)).map(([name, text]) => [name, text?.trim() ? Number(text) : null])),
  oauth: ({ oauth }, start) => {
    const { scopes, ...rest } = changedOf(oauth, start.oauth)
    return { ...rest, ...(scopes !== undefined && { scopes: linesOf(scopes) }) }
  },
  session: ({ session }, start) => changedOf(session, start.session),
}

// Only what differs from `start`, and `always`: nobody's change of another field is undone.
export function changeOf(now: AccountValues, start: AccountValues, always: readonly AccountField[] = []): AccountChange {
  const names = (Object.keys(now) as AccountField[]).filter((name) => always.includes(name) || !same(now[name], start[name]))
  return Object.fromEntries(names.map((name) => [name, PARTS[name] ? PARTS[name](now, start) : now[name]])) as AccountChange
}

// Which fields a platform and a credential have at all.
export function fieldsOf({ platform_type, credential_type }: Pick<AccountValues, 'platform_type' | 'credential_type'>): (name: AccountField) => boolean {
  const hidden = new Set<AccountField>()
  if (platform_type !== 'session') hidden.add('session').add('tier')
  if (credential_type !== 'oauth') hidden.add('oauth')
  if (credential_type === 'oauth' || credential_type === 'none') hidden.add('secret_key')
  return (name) => !hidden.has(name)
}
