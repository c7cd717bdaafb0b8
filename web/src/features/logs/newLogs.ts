import type { LogPage, LogQuery, LogRow } from '@/api/logs'

// What has come into the log since a page of it was read: followed page by page, up to a bound.

const LOOK_ROWS = 200
const LOOKS_MAX = 5 // pages of one look: beyond them it is not known what has come
// A request is in the log when it has ended, under the time of its beginning: long ones come in between.
const LONGEST_MS = 300_000

const begun = (row: LogRow | undefined) => row?.started_at ?? ''
export const byNewest = (a: LogRow, b: LogRow) => begun(b).localeCompare(begun(a)) || b.id.localeCompare(a.id)

export interface NewLogs {
  found: LogRow[]
  all: boolean // none that ended meanwhile was left out
  enough: boolean // none that began meanwhile was left out
}

// `have`: the newest first. Behind its last row is "older" (`goesOn`), what has ended there meanwhile too. `list` gives
// null where the question is another one by now.
export async function newLogs(have: LogRow[], goesOn: boolean, list: (part: Partial<LogQuery>) => Promise<LogPage | null>): Promise<NewLogs | null> {
  const newest = begun(have[0])
  const last = goesOn ? have.at(-1) : undefined
  const least = newest && new Date(Date.parse(newest) - LONGEST_MS).toISOString()
  const clipped = begun(last) > least
  const from = clipped ? begun(last) : least
  const known = new Set(have.map(({ id }) => id))
  const found: LogRow[] = []
  let cursor: string | null = null
  for (let looks = 1; ; looks += 1) {
    const page: LogPage | null = await list({ limit: LOOK_ROWS, ...(from && { from }), ...(cursor && { cursor }) })
    if (!page) return null
    const unknown = page.data.filter((row) => !known.has(row.id) && (!last || byNewest(row, last) < 0))
    for (const row of unknown) known.add(row.id)
    found.push(...unknown)
    const past = begun(page.data.at(-1)) < newest
    if (!page.next_cursor) return { found, all: !clipped, enough: true }
    if ((past && unknown.length === 0) || looks === LOOKS_MAX) return { found, all: false, enough: past }
    cursor = page.next_cursor
  }
}
