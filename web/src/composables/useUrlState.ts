import { computed, ref, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQueryRaw, type LocationQueryValue } from 'vue-router'
import { goOwnWay } from './useUnsaved'

// The URL is the state: filters, range, page and the open drawer. Defaults are not written, unknown
// names are ignored, a value that cannot be read is the default.

type Raw = LocationQueryValue | LocationQueryValue[] | undefined

export interface Codec<Value> {
  read: (raw: Raw) => Value
  write: (value: Value) => string | string[] | undefined // undefined: the default
}

const first = (raw: Raw): string | null | undefined => (Array.isArray(raw) ? raw[0] : raw)

export const text = (otherwise = ''): Codec<string> => ({
  read: (raw) => first(raw) ?? otherwise,
  write: (value) => (value === otherwise ? undefined : value),
})

export const integer = (otherwise: number, least = 1): Codec<number> => ({
  read: (raw) => {
    const value = Number(first(raw) ?? NaN)
    return Number.isSafeInteger(value) && value >= least ? value : otherwise
  },
  write: (value) => (value === otherwise ? undefined : String(value)),
})

export const flag = (): Codec<boolean> => ({
  read: (raw) => first(raw) === 'true',
  write: (value) => (value ? 'true' : undefined),
})

export const oneOf = <Value extends string>(values: readonly Value[], otherwise: Value): Codec<Value> => ({
  read: (raw) => values.find((value) => value === first(raw)) ?? otherwise,
  write: (value) => (value === otherwise ? undefined : value),
})

// A name repeated for several values.
export const many = (): Codec<string[]> => ({
  read: (raw) => (Array.isArray(raw) ? raw : [raw]).filter((value): value is string => !!value),
  write: (value) => (value.length === 0 ? undefined : value),
})

interface AnyCodec {
  read: (raw: Raw) => unknown
  write: (value: never) => string | string[] | undefined
}
type Codecs = Record<string, AnyCodec>

// How often filters were cleared: what is being typed into one of them is cleared too (FilterBar).
export const resets = ref(0)

export type StateOf<Fields> = { [Name in keyof Fields]: Fields[Name] extends Codec<infer Value> ? Value : never }

export interface UrlState<State> {
  state: ComputedRef<State>
  set: (change: Partial<State>) => void // a filter: replaces, goes to page 1
  open: (change: Partial<State>) => void // a thing: Back closes it
  reset: (...keep: (keyof State)[]) => void
}

export function useUrlState<Fields extends Codecs>(fields: Fields): UrlState<StateOf<Fields>> {
  const route = useRoute()
  const router = useRouter()
  const codecs: Codecs = fields
  type State = StateOf<Fields>

  const state = computed(
    () => Object.fromEntries(Object.entries(codecs).map(([name, codec]) => [name, codec.read(route.query[name])])) as unknown as State,
  )

  // Two changes at once: the second begins with what the first has asked for.
  let asked: LocationQueryRaw | null = null

  async function go(query: LocationQueryRaw, way: 'push' | 'replace') {
    asked = query
    await goOwnWay(() => router[way]({ query }))
    if (asked === query) asked = null
  }

  function queryWith(change: Partial<State>): LocationQueryRaw {
    const query = { ...(asked ?? route.query) }
    for (const [name, value] of Object.entries(change)) {
      const written = codecs[name]?.write(value as never)
      if (written === undefined) delete query[name]
      else query[name] = written
    }
    return query
  }

  const set = (change: Partial<State>) => {
    const query = queryWith(change)
    for (const place of ['page', 'cursor']) if (!(place in change)) delete query[place]
    void go(query, 'replace')
  }
  const open = (change: Partial<State>) => void go(queryWith(change), 'push')
  const reset = (...keep: (keyof State)[]) => {
    const query = Object.fromEntries(Object.entries(route.query).filter(([name]) => keep.includes(name)))
    resets.value += 1
    void go(query, 'replace')
  }
  return { state, set, open, reset }
}
