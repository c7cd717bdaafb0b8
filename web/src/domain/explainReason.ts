// Why a request goes where it goes: the accounts in the order in which they would be tried, the others by
// what keeps them out, and what can be done about each.

export interface Candidate {
  id: number
  rank: number | null
  priority: number
  share: number
  reason: string | null
  until: string | null
}

export interface Tier<Account> {
  priority: number
  accounts: Account[]
}

export function tiersOf<Account extends Candidate>(accounts: readonly Account[]): Tier<Account>[] {
  const ranked = accounts.filter(({ rank }) => rank !== null).sort((a, b) => a.rank! - b.rank!)
  const tiers: Tier<Account>[] = []
  for (const account of ranked) {
    const last = tiers.at(-1)
    if (last?.priority === account.priority) last.accounts.push(account)
    else tiers.push({ priority: account.priority, accounts: [account] })
  }
  return tiers
}

// Where each reason is mended.
export type Fix = 'wait' | 'credential' | 'enable' | 'mapping' | 'limits' | 'price' | 'protocol' | 'group' | 'look'

const FIXES: Record<string, Fix> = {
  upstream_rate_limited: 'wait',
  upstream_overloaded: 'wait',
  upstream_error: 'wait',
  upstream_timeout: 'wait',
  upstream_connect: 'wait',
  upstream_closed: 'wait',
  upstream_malformed: 'wait',
  account_probing: 'wait',
  account_slow: 'wait',
  account_near_limit: 'wait',
  account_at_limit: 'limits',
  rate_limited: 'limits',
  budget_exceeded: 'limits',
  budget_busy: 'wait',
  quota_exhausted: 'credential',
  credential_rejected: 'credential',
  needs_login: 'credential',
  account_disabled: 'enable',
  account_other_model: 'mapping',
  model_refused: 'mapping',
  model_unpriced: 'price',
  dialect_not_served: 'protocol',
  native_only: 'group',
}

export const fixOf = (reason: string): Fix => (Object.hasOwn(FIXES, reason) ? FIXES[reason]! : 'look')

export interface Excluded<Account> {
  reason: string
  fix: Fix
  firstBack: string | null // the earliest end, where all that is needed is to wait
  accounts: Account[]
}

// The biggest crowd first, so that the page begins with what keeps most of them out.
export function excludedOf<Account extends Candidate>(accounts: readonly Account[]): Excluded<Account>[] {
  const byReason = new Map<string, Account[]>()
  for (const account of accounts) {
    if (account.rank !== null) continue
    const reason = account.reason ?? 'unknown'
    byReason.set(reason, [...(byReason.get(reason) ?? []), account])
  }
  return [...byReason]
    .map(([reason, out]) => {
      const ends = out.flatMap(({ until }) => (until ? [until] : [])).sort()
      return { reason, fix: fixOf(reason), firstBack: ends[0] ?? null, accounts: out }
    })
    .sort((a, b) => b.accounts.length - a.accounts.length || a.reason.localeCompare(b.reason))
}

// The one that the next request goes to, if any: the first rank of the first model that has one.
export function chosenOf<Account extends Candidate>(models: readonly { model: string; accounts: readonly Account[] }[]): { model: string; account: Account } | null {
  for (const { model, accounts } of models) {
    const first = tiersOf(accounts)[0]?.accounts[0]
    if (first) return { model, account: first }
  }
  return null
}
