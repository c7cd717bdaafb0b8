// Bounds as the page has them: texts, empty for "as the provider likes".

export interface BoundTexts {
  system: string
  maxTokens: string
  temperature: string
}

export type BoundFault = 'wholeNumber' | 'temperature'

const number = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text))

export function boundFaults({ maxTokens, temperature }: BoundTexts): { maxTokens?: BoundFault; temperature?: BoundFault } {
  const [tokens, warmth] = [number(maxTokens), number(temperature)]
  return {
    ...((tokens !== undefined && !(Number.isSafeInteger(tokens) && tokens > 0)) && { maxTokens: 'wholeNumber' as const }),
    ...((warmth !== undefined && !(warmth >= 0 && warmth <= 2)) && { temperature: 'temperature' as const }),
  }
}

export const boundsOf = ({ system, maxTokens, temperature }: BoundTexts) => ({
  system: system.trim() === '' ? undefined : system,
  maxTokens: number(maxTokens),
  temperature: number(temperature),
})
