// What the server wants of a password (8 to 256 bytes, five different characters), and how hard it is to guess.

export const PASSWORD_BYTES_MIN = 8
const BYTES_MAX = 256
const DIFFERENT_MIN = 5

export type PasswordFault = 'short' | 'long' | 'same' | ''

const bytesOf = (text: string) => new TextEncoder().encode(text)

export function passwordFault(password: string): PasswordFault {
  const bytes = bytesOf(password.toLowerCase())
  if (bytes.length < PASSWORD_BYTES_MIN) return 'short'
  if (bytes.length > BYTES_MAX) return 'long'
  return new Set(bytes).size < DIFFERENT_MIN ? 'same' : ''
}

// Nobody mistakes one of these for another: no l and 1, no O and 0.
const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const NEW_LENGTH = 20 // 116 bits

// One that nobody has thought of, for somebody else.
export function newPassword(): string {
  const fair = 256 - (256 % LETTERS.length) // above it some letters would come more often
  let made = ''
  while (made.length < NEW_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(NEW_LENGTH))) {
      if (byte < fair && made.length < NEW_LENGTH) made += LETTERS[byte % LETTERS.length]
    }
  }
  return made
}

const KINDS: [RegExp, number][] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/\d/, 10],
  [/[^a-zA-Z\d]/, 33],
]

// 0 (guessed at once) to 4: by length, kinds of characters and repetition. An estimate, and shown as one.
export function passwordStrength(password: string): number {
  if (passwordFault(password) !== '') return 0
  const choices = KINDS.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0)
  const fresh = new Set(password).size / password.length
  const bits = password.length * Math.log2(choices) * (0.4 + 0.6 * fresh)
  return [45, 60, 80].reduce((level, least) => level + (bits >= least ? 1 : 0), 1)
}
