import { computed, ref, shallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { builtInPrices, importPrices, type PriceImport } from '@/api/prices'
import { textOfFile } from '@/composables/textOfFile'
import { useSaved } from '@/composables/useSaved'
import { differences, trusted, type ImportAnswer } from '@/domain/priceDifference'
import { listType, pickPrices } from '@/domain/priceList'

// A list's text → what it would change → the ticked models of it, from a date on.
export function usePriceImport() {
  const { saved } = useSaved()
  const text = ref('')
  const from = ref<string | null>(null)
  const answer = shallowRef<PriceImport | null>(null)
  const ticked = ref(new Set<string>())
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)
  const rows = computed(() => (answer.value ? differences(answer.value as ImportAnswer) : []))

  async function attempt(work: () => Promise<void>): Promise<boolean> {
    busy.value = true
    error.value = null
    try {
      await work()
      return true
    } catch (failure) {
      error.value = asApiError(failure)
      return false
    } finally {
      busy.value = false
    }
  }

  let compared = '' // the list whose difference is shown: that one is taken over, whatever is typed meanwhile
  async function compareNow() {
    const asked = text.value
    answer.value = (await importPrices({ text: asked, type: listType(asked) }, true)).data
    compared = asked
    ticked.value = trusted(rows.value)
  }
  const compare = () => attempt(compareNow)

  const compareBuiltIn = () =>
    attempt(async () => {
      text.value = await builtInPrices()
      await compareNow()
    })

  const compareFile = (file: File) =>
    attempt(async () => {
      text.value = await textOfFile(file)
      await compareNow()
    })

  const apply = () =>
    attempt(async () => {
      const { revision } = await importPrices(pickPrices(compared, ticked.value, from.value), false)
      void saved(revision)
    })

  function tick(keys: string[], on: boolean) {
    const next = new Set(ticked.value)
    for (const key of keys) {
      if (on) next.add(key)
      else next.delete(key)
    }
    ticked.value = next
  }

  function again() {
    answer.value = null
    error.value = null
  }

  return { text, from, answer, rows, ticked, busy, error, compare, compareBuiltIn, compareFile, apply, tick, again }
}
