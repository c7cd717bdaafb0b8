// Over how many days a key's usage is told by model: today's, and as many as the page has.
export const SPANS = ['1', '7', '30'] as const
export type Span = (typeof SPANS)[number]
export const ALL_DAYS = 30
