// Two people change one record: what of it stands against each other. Records as the API has them.

type Fields = Record<string, unknown>

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

// The fields of `mine` that are not as in `base`.
export function changedFields<Body extends object>(mine: Body, base: Body): Partial<Body> {
  return Object.fromEntries(Object.entries(mine).filter(([name, value]) => !same(value, (base as Fields)[name]))) as Partial<Body>
}

// Of what I changed: the names that somebody else has changed too, to something else.
export function clashes(changed: object, base: object, theirs: object): string[] {
  return Object.entries(changed)
    .filter(([name, value]) => !same((base as Fields)[name], (theirs as Fields)[name]) && !same(value, (theirs as Fields)[name]))
    .map(([name]) => name)
}

export const pick = (fields: object, names: string[]): Fields => Object.fromEntries(names.map((name) => [name, (fields as Fields)[name]]))
