// A file that was made here. The browser reads it after the click: its address is kept for a while.
const KEPT_MS = 10_000

export function download(content: Blob, name: string) {
  const url = URL.createObjectURL(content)
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}
