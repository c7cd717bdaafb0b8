import type { Installation } from './services'

// Admin's API as a script would use it: what a journey needs to be there before it begins.

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
    return text ? (JSON.parse(text) as Record) : { id: 0 }
  }

  make = (path: string, body: unknown) => this.call('POST', path, body)
  drop = (path: string) => this.call('DELETE', path)
}
