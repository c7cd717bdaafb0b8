// Lists that people write one a line.

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

export const textOfLines = (lines: readonly string[] | null | undefined): string => (lines ?? []).join('\n')
