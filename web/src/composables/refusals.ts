// What the server said of a field: `at` is the way to the value that it was said about.
export interface Refusal {
  at: string[]
  value: string
  text: string
}

function valueAt(values: object, at: string[]): unknown {
  return at.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], values)
}

const written = (values: object, at: string[]) => JSON.stringify(valueAt(values, at) ?? null)

// "limits.rpm" is said at a member that has a field of its own, "allowed_ips[2]" and "headers.x-team" at the whole.
export function refusalOf(values: object, name: string, text: string): Refusal | null {
  const [field = '', ...inner] = name.split('.')
  const whole = field.split('[')[0]!
  if (!(whole in values)) return null
  const member = inner[0]?.split('[')[0] ?? ''
  const kept = valueAt(values, [whole])
  const at = member && kept !== null && typeof kept === 'object' && Object.hasOwn(kept, member) ? [whole, member] : [whole]
  const rest = inner.slice(at.length - 1).join('.')
  return { at, value: written(values, at), text: rest ? `${rest}: ${text}` : text }
}

export const stillHolds = ({ at, value }: Refusal, values: object) => written(values, at) === value
