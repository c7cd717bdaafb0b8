import { listKeys, keyWindows } from '@/api/keys'
import { profile } from '@/api/session'
import { usageSummary } from '@/api/usage'
import { useResource } from '@/composables/useResource'
import { limitUse } from '@/domain/keyUsage'
import { ownLimits, type OwnLimit } from '@/domain/ownLimits'

// By any key of one's own: its windows hold all that binds its user too, and its group, as budgets are counted, also those in all.
async function byKey(keyId: number, signal: AbortSignal): Promise<OwnLimit[]> {
  const { windows } = await keyWindows(keyId, signal)
  return windows.filter(({ subject }) => subject !== 'key').map(limitUse)
}

// Who has no key: what the ledger has, under the limits as they are now.
async function byLedger(signal: AbortSignal): Promise<OwnLimit[]> {
  const to = new Date().toISOString()
  const [me, day, month] = await Promise.all([
    profile(),
    usageSummary({ from: to.slice(0, 10), to, scope: 'mine' }, signal),
    usageSummary({ from: `${to.slice(0, 7)}-01`, to, scope: 'mine' }, signal),
  ])
  return ownLimits(me.limits, { day: day.totals, month: month.totals }, new Date())
}

// The limits of whoever is logged in, with how much of them is used.
export function useOwnLimits(user: () => number) {
  return useResource(user, async (_, signal) => {
    const { data } = await listKeys({ scope: 'mine', limit: 1 }, signal)
    return data[0] ? byKey(data[0].id, signal) : byLedger(signal)
  })
}
