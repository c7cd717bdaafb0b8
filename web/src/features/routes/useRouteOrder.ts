import { computed, ref, shallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { allRoutes, changeRoute, type Route } from '@/api/routes'
import { useResource } from '@/composables/useResource'
import { useSaved } from '@/composables/useSaved'
import { compareRoutes, positionsFor } from '@/domain/routing'

// All routes in the order in which they are asked, and one of them moved to another place.
export function useRouteOrder() {
  const { saved } = useSaved()
  const resource = useResource(() => 0, (_, signal) => allRoutes(signal))
  const moving = ref(false)
  const refused = shallowRef<ApiError | null>(null)
  const routes = computed(() => [...(resource.data.value ?? [])].sort(compareRoutes))

  // What is asked first changes with the first call; an error leaves the rest as it was, and shows it.
  async function move(id: number, to: number) {
    const at = routes.value.findIndex((route) => route.id === id)
    if (moving.value || at < 0 || to === at || to < 0 || to >= routes.value.length) return
    const order = routes.value.filter((route) => route.id !== id)
    order.splice(to, 0, routes.value[at]!)
    moving.value = true
    refused.value = null
    try {
      let made = 0
      for (const { id: changed, position } of positionsFor(order, id)) {
        const route = order.find((candidate) => candidate.id === changed) as Route
        made = (await changeRoute(changed, route.version, { position })).revision
      }
      void saved(made)
    } catch (failure) {
      refused.value = asApiError(failure)
    } finally {
      await resource.reload()
      moving.value = false
    }
  }

  return { ...resource, routes, moving, refused, move }
}
