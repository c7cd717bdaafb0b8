import { playgroundToken } from '@/api/keys'

const SPARE_MS = 30_000 // a token that ends sooner is not begun with

// A token that stands for a key, made when it is needed and used until it is nearly over.
export function useKeyToken() {
  const made = new Map<number, { token: string; endsAt: number }>()

  async function tokenOf(keyId: number): Promise<string> {
    const kept = made.get(keyId)
    if (kept && kept.endsAt - SPARE_MS > Date.now()) return kept.token
    const { token, expires_at } = await playgroundToken(keyId)
    made.set(keyId, { token, endsAt: new Date(expires_at ?? 0).getTime() })
    return token
  }

  return { tokenOf }
}
