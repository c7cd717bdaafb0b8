import type { Installation } from './services'

// Admin's API as a script would use it: what a journey needs to be there before it begins.

const REACH_MS_MAX = 10_000

export type Record = { id: number } & { [field: string]: unknown }

export class Api {
  private constructor(
    private readonly at: Installation,
    private readonly token: string,
  ) {}

  static async logIn(at: Installation, username = at.username, password = at.password): Promise<Api> {
    const answer = await fetch(`${at.admin_url}/api/v1/auth/login`, { method: 'POST', body: JSON.stringify({ username, password }) })
    if (!answer.ok) throw new Error(`log-in: ${answer.status} ${await answer.text()}`)
    const { token } = (await answer.json()) as { token: string }
    return new Api(at, token)
  }

  call = (method: string, path: string, body?: unknown) => this.send(method, path, 'application/json', body === undefined ? undefined : JSON.stringify(body))

  async send(method: string, path: string, type: string, body?: string): Promise<Record> {
    const answer = await fetch(`${this.at.admin_url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${this.token}`, 'content-type': type }, body })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    if (answer.headers.has('x-weir-revision')) await this.reached()
    return text ? (JSON.parse(text) as Record) : { id: 0 }
  }

  // Relays serve by what was changed last: it reaches them a moment after the answer. A relay that is away is not waited for.
  async reached() {
    const until = Date.now() + REACH_MS_MAX
    for (;;) {
      const { revision, relays } = (await this.call('GET', '/status')) as unknown as { revision: number; relays: { connected: boolean; revision: number }[] }
      if (relays.every((relay) => !relay.connected || relay.revision >= revision)) return
      if (Date.now() > until) throw new Error(`revision ${revision} has not reached the relays`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  make = (path: string, body: unknown) => this.call('POST', path, body)
  drop = (path: string) => this.call('DELETE', path)
}
