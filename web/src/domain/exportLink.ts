// The export of a filter: the address of the file, and the same call for a shell.

export type ExportQuery = Record<string, string | number | boolean | (string | number)[] | undefined>

function asked(query: ExportQuery): URLSearchParams {
  const named = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one !== undefined && one !== '') named.append(name, String(one))
  }
  return named
}

export const exportPath = (query: ExportQuery, format: 'csv' | 'jsonl') => `/api/v1/usage/export?${asked({ ...query, format })}`

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

// The token is named, never written: it is what log-in answers.
const curl = (file: string, address: string) => `curl -fsS -H "authorization: Bearer $WEIR_TOKEN" \\\n  -o ${file} \\\n  ${quote(address)}`

export const exportCurl = (origin: string, query: ExportQuery, format: 'csv' | 'jsonl') => curl(`requests.${format}`, origin + exportPath(query, format))

// Sums come as one JSON document, whatever the file is that the console makes of them.
export const sumsCurl = (origin: string, query: ExportQuery, by: readonly string[]) => curl('usage.json', `${origin}/api/v1/usage/summary?${asked({ ...query, by: [...by] })}`)
