import { answer, change, http, ifMatch } from './client'
import type { operations } from './schema.gen'

export type Setting = operations['get_api_v1_admin_settings_table']['responses']['200']['content']['application/json']['data'][number]
export type SettingsBody = NonNullable<operations['patch_api_v1_admin_settings']['requestBody']>['content']['application/json']

// What each setting is, and the version that a change is meant for: asked for first, so that what is
// saved meanwhile is a conflict rather than lost.
export async function loadSettings(signal?: AbortSignal) {
  const { version } = await answer(http.GET('/api/v1/admin/settings', { signal }))
  const { data } = await answer(http.GET('/api/v1/admin/settings/table', { signal }))
  return { version, settings: data }
}

export const changeSettings = (version: number, body: SettingsBody) =>
  change(http.PATCH('/api/v1/admin/settings', { params: { header: ifMatch(version) }, body }))
