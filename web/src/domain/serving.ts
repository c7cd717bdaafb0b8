// Which accounts serve a model, and what it costs now: as services/admin/resources/models.cc and
// docs/prices.md have it.
import { matchesModel, patternOf } from './modelPattern'

export interface ServingAccount {
  provider: string
  platform_type: string
  models: string[]
  model_mapping: Record<string, string>
  tier: string
}

// Session accounts that name no models serve those of their tier.
function servedPatterns(account: ServingAccount, tierModels: Record<string, string[]>): string[] {
  if (account.models.length > 0) return account.models
  const ofTier = account.platform_type === 'session' ? (tierModels[account.tier] ?? []) : []
  return ofTier.length > 0 ? ofTier : ['*']
}

export function serves(account: ServingAccount, model: { name: string; provider: string }, tierModels: Record<string, string[]> = {}): boolean {
  if (account.provider !== model.provider) return false
  return servedPatterns(account, tierModels).some((text) => matchesModel(text, model.name)) || Object.hasOwn(account.model_mapping, model.name)
}

export interface DatedPrice {
  provider: string
  model: string
  effective_from: string | null
  aliases: string[]
}

export const begins = (price: Pick<DatedPrice, 'effective_from'>) => (price.effective_from ? Date.parse(price.effective_from) : 0)

function latest<Price extends DatedPrice>(prices: readonly Price[], now: Date): Price | null {
  const inForce = prices.filter((price) => begins(price) <= now.getTime())
  return inForce.reduce<Price | null>((best, price) => (!best || begins(price) > begins(best) ? price : best), null)
}

// Among all that begin at a time, or all of its model: the newest that has begun is in force.
export function isInForce<Price extends DatedPrice & { id: number }>(price: Price, among: readonly Price[], now: Date): boolean {
  const same = among.filter(({ model, provider }) => model === price.model && provider === price.provider)
  return latest([price, ...same], now)?.id === price.id
}

function ofProvider<Price extends DatedPrice>(prices: readonly Price[], model: string, now: Date): Price | null {
  const exact = latest(prices.filter((price) => price.model === model), now)
  if (exact) return exact
  // An alias counts as long as the price in force names it.
  const named = prices.filter(({ aliases }) => aliases.includes(model)).map((price) => price.model)
  for (const name of new Set(named)) {
    const price = latest(prices.filter((candidate) => candidate.model === name), now)
    if (price?.aliases.includes(model)) return price
  }
  const heads = prices.filter((price) => patternOf(price.model).kind === 'head' && matchesModel(price.model, model))
  const longest = [...new Set(heads.map((price) => price.model))].sort((a, b) => b.length - a.length)
  for (const head of longest) {
    const price = latest(heads.filter((candidate) => candidate.model === head), now)
    if (price) return price
  }
  return null
}

// The price that a request has now; null: none.
export function priceNow<Price extends DatedPrice>(prices: readonly Price[], model: { name: string; provider: string }, now: Date): Price | null {
  return (
    ofProvider(prices.filter(({ provider }) => provider === model.provider), model.name, now) ??
    ofProvider(prices.filter(({ provider }) => provider === ''), model.name, now)
  )
}
