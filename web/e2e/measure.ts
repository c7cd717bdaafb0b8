import type { Page } from 'playwright-core'

// Figures that mean the same on a busy machine and on a quiet one: what a page costs the processor. How long
// somebody waits by the clock is printed each time, and judged where nothing else runs (WEIR_E2E_QUIET=1).

export const QUIET = process.env.WEIR_E2E_QUIET === '1'

// What the page's own thread (scripts, styles, layout) has computed since the browser opened it, in ms.
export async function threadClock(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'ThreadTime')!.value * 1000
  }
}

// The value that `share` of all are not above.
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!
}

export function spread(values: number[]): string {
  const parts = { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: Math.max(...values) }
  return Object.entries(parts).map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ')
}
