// The priority that a step up or down from `mine` gives: the next one that another account has; beyond
// the last, one further. The smallest number is used first.

const LEAST = 0
const MOST = 1000

export function nextPriority(all: readonly number[], mine: number, by: -1 | 1): number {
  const beyond = all.filter((priority) => (by < 0 ? priority < mine : priority > mine))
  const next = by < 0 ? Math.max(...beyond) : Math.min(...beyond)
  if (beyond.length > 0) return next
  const alone = all.filter((priority) => priority === mine).length <= 1
  return alone ? mine : Math.min(MOST, Math.max(LEAST, mine + by))
}
