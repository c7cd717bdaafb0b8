import type { Page } from './client'

export const PAGE_MAX = 200 // what the contract gives at once

// All rows of a list, page by page; no more than `most`, which bounds what a page of the console asks for.
export async function allPages<Row>(load: (page: number) => Promise<Page<Row>>, most = 2_000): Promise<Row[]> {
  const rows: Row[] = []
  for (let page = 1; rows.length < most; page += 1) {
    const { data, total, total_at_least } = await load(page)
    rows.push(...data)
    if (data.length < PAGE_MAX || (!total_at_least && rows.length >= total)) break
  }
  return rows.slice(0, most)
}
