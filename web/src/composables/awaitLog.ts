import { ApiError } from '@/api/errors'
import type { LogRow } from '@/api/logs'

const WAITS_MS = [300, 500, 1_000, 2_000, 4_000]

// A request's row once the ledger has it: the relay's record takes a moment to get there. Null where there is none in
// the end (one that was refused at the door has none), where the ledger refuses, and for who has left.
export async function awaitLog(find: (signal: AbortSignal) => Promise<LogRow | null>, signal: AbortSignal): Promise<LogRow | null> {
  for (const wait of WAITS_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait))
    if (signal.aborted) return null
    try {
      const found = await find(signal)
      if (found) return found
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503) return null
    }
  }
  return null
}
