import { computed, nextTick, reactive, ref, shallowRef, toRaw, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { refusalOf, stillHolds, type Refusal } from './refusals'

export type Rules<Values> = { [Name in keyof Values]?: (value: Values[Name], values: Values) => string }

export interface Form<Values> {
  values: Values
  errors: ComputedRef<Record<string, string>> // by field, or its member (limits.rpm): ours while typing, the server's after saving
  failure: ShallowRef<ApiError | null> // what belongs to no field
  busy: Ref<boolean>
  dirty: ComputedRef<boolean>
  touch: (name: keyof Values & string) => void // the field was left: its rule speaks from now on
  reset: (values?: Values) => void
  check: () => boolean // by the rules alone, shown at the fields: before one is asked about what saving stops
  submit: () => Promise<boolean>
}

// A field left for the button: the error's line would move the button from under the pointer. However long it is held.
let pressed = false
const listen = (name: string, then: () => void) => window.addEventListener(name, then, { capture: true, passive: true })
listen('pointerdown', () => (pressed = true))
for (const name of ['pointerup', 'pointercancel', 'dragend']) listen(name, () => (pressed = false))

function afterClick(then: () => void) {
  if (!pressed) return then()
  const ended = new AbortController()
  const end = () => {
    ended.abort()
    setTimeout(then) // the click follows
  }
  for (const name of ['pointerup', 'pointercancel', 'dragend']) window.addEventListener(name, end, { signal: ended.signal })
}

const copyOf = <Values>(values: Values): Values => JSON.parse(JSON.stringify(toRaw(values))) as Values

// The first field that is wrong, of the form that was sent. A browser that leaves the focus where it was
// when a button is clicked has the last form that came: the one on top.
async function showFirstWrong() {
  await nextTick()
  const form = document.activeElement?.closest('form') ?? [...document.forms].at(-1)
  form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
}

// Fields, their rules (an empty text: fine), and what the server says about them.
export function useForm<Values extends object>(
  start: Values,
  rules: Rules<Values>,
  save: (values: Values) => Promise<unknown>,
): Form<Values> {
  const values = reactive(copyOf(start)) as Values
  const initial = ref(JSON.stringify(start))
  const touched = ref(new Set<string>())
  const refused = shallowRef<Refusal[]>([])
  const failure = shallowRef<ApiError | null>(null)
  const busy = ref(false)

  const broken = computed(() => {
    const found: Record<string, string> = {}
    for (const name of Object.keys(rules) as (keyof Values & string)[]) {
      const said = rules[name]?.(values[name], values)
      if (said) found[name] = said
    }
    return found
  })

  const errors = computed(() => {
    const shown: Record<string, string> = {}
    for (const [name, said] of Object.entries(broken.value)) if (touched.value.has(name)) shown[name] = said
    // The server's word holds for the value that it was said about.
    for (const said of refused.value) if (stillHolds(said, values)) shown[said.at.join('.')] ??= said.text
    return shown
  })

  function reset(next: Values = JSON.parse(initial.value) as Values) {
    Object.assign(values, copyOf(next))
    initial.value = JSON.stringify(next)
    touched.value = new Set()
    refused.value = []
    failure.value = null
  }

  function take(error: ApiError) {
    const said = Object.entries(error.fields).map(([name, text]) => refusalOf(values, name, text))
    refused.value = said.filter((one) => one !== null)
    failure.value = said.length > 0 && !said.includes(null) ? null : error
  }

  function check() {
    touched.value = new Set(Object.keys(rules))
    if (Object.keys(broken.value).length === 0) return true
    void showFirstWrong()
    return false
  }

  async function submit() {
    failure.value = null
    if (busy.value || !check()) return false
    busy.value = true
    try {
      await save(copyOf(values))
      initial.value = JSON.stringify(values)
      return true
    } catch (error) {
      take(asApiError(error))
      void showFirstWrong()
      return false
    } finally {
      busy.value = false
    }
  }

  return {
    values,
    errors,
    failure,
    busy,
    dirty: computed(() => JSON.stringify(values) !== initial.value),
    touch: (name) => afterClick(() => (touched.value = new Set([...touched.value, name]))),
    reset,
    check,
    submit,
  }
}
