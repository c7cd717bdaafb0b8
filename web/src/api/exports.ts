import { send } from './client'
import { errorOf } from './errors'

// Asks for the same file and reads nothing of it: an ended log-in, or a ledger that is away, would end the browser's own
// download without a word.
export async function checkExport(path: string): Promise<void> {
  const left = new AbortController()
  const response = await send(new Request(new URL(path, window.location.origin), { signal: left.signal }))
  if (!response.ok) throw errorOf(response, await response.json().catch(() => null))
  left.abort()
}
