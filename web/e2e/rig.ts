import { createServer, type Server } from 'node:http'
import type { TestProject } from 'vitest/node'
import { Services, type Command, type Installation } from './services'

// One installation for all journeys, which leave what they change as they found it. Journeys run in
// workers of their own, so commands come here by a request.

declare module 'vitest' {
  export interface ProvidedContext {
    installation: Installation
    commands: string
  }
}

function listen(services: Services): Promise<Server> {
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece: Buffer) => (text += piece.toString()))
    request.on('end', () => {
      services.tell(JSON.parse(text) as Command).then(
        () => response.end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      )
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

export default async function setup(project: TestProject) {
  const services = await Services.start()
  const server = await listen(services)
  const address = server.address()
  project.provide('installation', services.at)
  project.provide('commands', `http://127.0.0.1:${typeof address === 'object' ? address!.port : 0}/`)
  return async () => {
    server.close()
    await services.stop()
  }
}
