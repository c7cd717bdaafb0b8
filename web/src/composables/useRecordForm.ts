import { shallowRef, type ShallowRef } from 'vue'
import { asApiError } from '@/api/errors'
import { changedFields, clashes, pick } from '@/domain/conflict'
import { useForm, type Form, type Rules } from './useForm'

export interface Conflict {
  mine: Record<string, unknown>
  theirs: Record<string, unknown>
}

export interface RecordForm<Kept, Values> extends Form<Values> {
  conflict: ShallowRef<Conflict | null>
  takeTheirs: () => void // what is there now; mine is gone
  follow: (record: Kept) => void // read anew: an act beside the form gave it another version
  begin: (record: Kept) => void // anew, with what is there now
  saveOver: () => Promise<boolean> // mine over it, knowingly; what I did not touch stays theirs
}

// A version is what changes with each change: a number mostly.
type Versioned = { id: number; version: number | string }

export interface RecordParts<Kept extends Versioned, Values extends object, Body extends object> {
  record: Kept | null // null: a new one
  valuesOf: (record: Kept | null) => Values
  bodyOf: (values: Values, record: Kept | null) => Body
  rules: Rules<Values>
  get: (id: number) => Promise<Kept>
  create: (body: Body) => Promise<unknown>
  change: (id: number, version: Kept['version'], body: Partial<Body>) => Promise<unknown>
}

// A form of something that others change too. Only the fields that were touched are sent. Who saved
// meanwhile is in the way only where the same field was meant: else both changes stand.
export function useRecordForm<Kept extends Versioned, Values extends object, Body extends object>(
  parts: RecordParts<Kept, Values, Body>,
): RecordForm<Kept, Values> {
  const { valuesOf, bodyOf } = parts
  const base = shallowRef(parts.record)
  const there = shallowRef<Kept | null>(null)
  const conflict = shallowRef<Conflict | null>(null)
  const bodyAsKept = (record: Kept) => bodyOf(valuesOf(record), record)

  // Fields that were not touched are what they are there now.
  function rebase(next: Kept) {
    const before = valuesOf(base.value)
    const now = valuesOf(next)
    for (const name of Object.keys(now) as (keyof Values)[]) {
      if (JSON.stringify(form.values[name]) === JSON.stringify(before[name])) form.values[name] = now[name]
    }
    base.value = next
  }

  async function save(values: Values) {
    conflict.value = null
    const kept = base.value
    if (!kept) return parts.create(bodyOf(values, null))
    const changed = changedFields(bodyOf(values, kept), bodyAsKept(kept))
    if (Object.keys(changed).length === 0) return
    try {
      await parts.change(kept.id, kept.version, changed)
    } catch (failure) {
      if (!asApiError(failure).isConflict) throw failure
      const now = await parts.get(kept.id)
      if (now.version === kept.version) throw failure // another conflict: a name that is taken
      const names = clashes(changed, bodyAsKept(kept), bodyAsKept(now))
      if (names.length > 0) {
        there.value = now
        conflict.value = { mine: pick(changed, names), theirs: pick(bodyAsKept(now), names) }
        throw failure
      }
      rebase(now)
      await parts.change(now.id, now.version, changed)
    }
  }

  const form = useForm(valuesOf(parts.record), parts.rules, save)

  function begin(record: Kept | null) {
    base.value = record
    form.reset(valuesOf(record))
    conflict.value = null
  }

  function saveOver() {
    rebase(there.value!)
    return form.submit()
  }

  // Where fields of this form differ somebody else was at them: that is found, and told, on saving.
  function follow(record: Kept) {
    if (base.value && Object.keys(changedFields(bodyAsKept(record), bodyAsKept(base.value))).length === 0) base.value = record
  }

  return { ...form, conflict, takeTheirs: () => begin(there.value), begin, follow, saveOver }
}
