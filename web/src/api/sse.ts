// Event streams: text in any pieces in, whole events out.

export interface StreamEvent {
  name: string // of its `event:` line; 'message' without one
  data: string
}

function eventOf(block: string): StreamEvent | null {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue // a comment
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') name = value
    else if (field === 'data') data.push(value)
  }
  return data.length > 0 ? { name, data: data.join('\n') } : null
}

// Holds what is not yet a whole event.
export function eventSplitter(): (piece: string) => StreamEvent[] {
  let rest = ''
  return (piece) => {
    // A CR at the end waits for its LF, else one line end would be two.
    const held = (rest + piece).match(/\r$/) ? '\r' : ''
    const text = (rest + piece).slice(0, (rest + piece).length - held.length).replace(/\r\n?/g, '\n')
    const blocks = text.split('\n\n')
    rest = blocks.pop()! + held
    return blocks.map(eventOf).filter((event): event is StreamEvent => event !== null)
  }
}

// The events of an answer as they come. An end without an empty line drops what is no whole event, as browsers do.
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return
  const split = eventSplitter()
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield* split(decoder.decode(value, { stream: true }))
    }
  } finally {
    // Whoever leaves the loop early lets the connection go too.
    await reader.cancel().catch(() => undefined)
  }
}
