import { computed, reactive, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError, type ApiError } from '@/api/errors'
import { changeSettings, loadSettings, type Setting } from '@/api/settings'
import { useResource } from '@/composables/useResource'
import { useSaved } from '@/composables/useSaved'
import { exactCount } from '@/domain/numbers'
import { draftOf, faultOf, isChanged, settingOfField, settingsBody, type Draft, type SettingLike } from '@/domain/settings'
import { useProof } from '@/stores/proof'
import { useSite } from '@/stores/site'

export type Row = Setting & SettingLike

// All settings, what is typed over them, and what of it is to be saved. A change that somebody else saved
// meanwhile is shown as theirs: what is typed stays.
export function useSettings() {
  const { t } = useI18n()
  const { saved } = useSaved()
  const site = useSite()
  const { proven } = useProof()
  const resource = useResource(() => 0, (_, signal) => loadSettings(signal))
  const rows = computed(() => (resource.data.value?.settings ?? []) as Row[])
  const drafts = reactive<Record<string, Draft>>({})
  const refused = ref<Record<string, { draft: Draft; text: string }>>({})
  const failure = shallowRef<ApiError | null>(null)
  const conflict = ref(false)
  const busy = ref(false)

  const draftFor = (row: Row): Draft => (row.name in drafts ? drafts[row.name]! : draftOf(row))
  const changes = computed(() => rows.value.filter((row) => row.name in drafts && isChanged(row, drafts[row.name] ?? null)).map((setting) => ({ setting, draft: drafts[setting.name] ?? null })))

  function errorOf(row: Row): string | undefined {
    const draft = row.name in drafts ? (drafts[row.name] ?? null) : draftOf(row)
    const fault = faultOf(row, draft)
    if (fault) return t(`settings.fault.${fault}`, { min: exactCount(row.min), max: exactCount(row.max) })
    const said = refused.value[row.name]
    return said && said.draft === draft ? said.text : undefined
  }
  const faulty = computed(() => changes.value.some(({ setting, draft }) => faultOf(setting, draft)))

  const set = (name: string, draft: Draft) => (drafts[name] = draft)
  const undo = (name: string) => delete drafts[name]
  const undoAll = () => Object.keys(drafts).forEach((name) => delete drafts[name])

  function take(error: ApiError) {
    refused.value = Object.fromEntries(
      Object.entries(error.fields).map(([field, text]) => {
        const row = rows.value.find(({ name }) => name === settingOfField(field))
        return [settingOfField(field), { draft: row ? (drafts[row.name] ?? draftOf(row)) : null, text }]
      }),
    )
    failure.value = error
  }

  async function save(): Promise<boolean> {
    busy.value = true
    failure.value = null
    conflict.value = false
    try {
      const { revision } = await proven(() => changeSettings(resource.data.value!.version, settingsBody(changes.value)))
      void saved(revision)
      await resource.reload()
      void site.load() // its name, its relays' address and who may register stand on other pages too
      undoAll()
      return true
    } catch (error) {
      const refusal = asApiError(error)
      if (refusal.status === 412 || (refusal.isConflict && refusal.reason === 'conflict' && Object.keys(refusal.fields).length === 0)) {
        conflict.value = true
        await resource.reload()
      } else take(refusal)
      return false
    } finally {
      busy.value = false
    }
  }

  return { ...resource, rows, draftFor, errorOf, changes, faulty, set, undo, undoAll, save, failure, conflict, busy }
}
