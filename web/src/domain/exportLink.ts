// The export of a filter: the address of the file, and the same call for a shell.

export type ExportQuery = Record<string, string | number | boolean | (string | number)[] | undefined>

export function exportPath(query: ExportQuery, format: 'csv' | 'jsonl'): string {
  const named = new URLSearchParams()
  for (const [name, value] of Object.entries<ExportQuery[string]>({ ...query, format })) {
    for (const one of [value].flat()) if (one !== undefined && one !== '') named.append(name, String(one))
  }
  return `/api/v1/usage/export?${named}`
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

// The token is named, never written: it is what log-in answers.
export function exportCurl(origin: string, query: ExportQuery, format: 'csv' | 'jsonl'): string {
  return `curl -fsS -H "authorization: Bearer $WEIR_TOKEN" \\\n  -o requests.${format} \\\n  ${quote(origin + exportPath(query, format))}`
}
