import { onScopeDispose, ref, watch, type Ref } from 'vue'

// Whether the table in `box` is wider than there is room: null until it is known. Measured with the next frame, since
// what is done with it changes the box itself.
export function useSideways(box: Ref<HTMLElement | null>): Ref<boolean | null> {
  const sideways = ref<boolean | null>(null)
  let frame = 0

  function measure() {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(() => {
      const table = box.value?.querySelector('table')
      if (table) sideways.value = table.offsetWidth > box.value!.offsetWidth
    })
  }

  const sizes = new ResizeObserver(measure)
  watch(box, (element) => {
    sizes.disconnect()
    if (!element) return
    sizes.observe(element)
    sizes.observe(element.querySelector('table')!)
  }, { flush: 'post' })
  onScopeDispose(() => {
    sizes.disconnect()
    cancelAnimationFrame(frame)
  })
  return sideways
}
