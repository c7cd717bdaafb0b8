import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'

// The real services behind the console, started and stopped by the integration tests' own harness.

export interface Installation {
  admin_url: string
  relay_url: string
  fake_url: string
  folder: string
  username: string
  password: string
  api_key: string
  setup_token: string // of an empty installation alone
}

type ServiceName = 'usage' | 'admin' | 'relay'
export type Command =
  | { stop: ServiceName }
  | { kill: ServiceName }
  | { start: ServiceName }
  | { requests: number }
  | { end_sessions: true }
  | { age_proofs: true } // as if all had logged in an hour ago
  | { provider: string | null } // a log-in provider at which this one sits
  | { fill: number }

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export class Services {
  private constructor(
    private readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly reader: Interface,
    readonly at: Installation,
  ) {}

  static async start(options: { empty?: boolean } = {}): Promise<Services> {
    const build = process.env.WEIR_BUILD_DIR ?? here('../../build/release')
    const script = here('../../tests/integration/console_rig.py')
    const child = spawn(
      '/usr/bin/python3',
      ['-B', script, '--build-dir', build, '--console-dir', here('../dist'), ...(options.empty ? ['--empty'] : [])],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    const reader = createInterface({ input: child.stdout })
    const lines = reader[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done) throw new Error('the services did not start: see above')
    return new Services(child, lines, reader, JSON.parse(first.value) as Installation)
  }

  async tell(command: Command): Promise<void> {
    this.process.stdin!.write(`${JSON.stringify(command)}\n`)
    const line = await this.lines.next()
    const answer = (line.done ? { error: 'the services have ended' } : JSON.parse(line.value)) as { error?: string }
    if (answer.error) throw new Error(`${JSON.stringify(command)}: ${answer.error}`)
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve))
    this.process.stdin!.end()
    await ended
    this.reader.close()
  }
}
