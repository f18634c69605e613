import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src/daemon/config/check-config.ts'
import { initialConfig } from '../../src/daemon/config/initial-config.ts'
import { detectServers } from '../../src/daemon/detect.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A server that answers one path with a document, and nothing else; undefined for one that never answers. */
async function serverOf(path: string, document: unknown): Promise<string> {
  const server = createServer(({ url }, response) => {
    if (document === undefined) return
    response.writeHead(url === path ? 200 : 404, { 'content-type': 'application/json' })
    response.end(typeof document === 'string' ? document : JSON.stringify(document))
  })
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const models = (owner: string) => ({ object: 'list', data: [{ id: 'm', object: 'model', owned_by: owner }] })

describe('model servers on this machine', () => {
  it('are found by what they answer, named apart, and make a configuration', async () => {
    const places = [
      { kind: 'ollama', url: await serverOf('/api/version', { version: '0.9.1' }) },
      { kind: 'openai', url: `${await serverOf('/v1/models', models('vllm'))}/v1` },
      { kind: 'openai', url: `${await serverOf('/v1/models', models('llamacpp'))}/v1` },
      { kind: 'openai', url: `${await serverOf('/v1/models', models('vllm'))}/v1` },
      { kind: 'openai', url: `${await serverOf('/v1/models', { data: [] })}/v1` }
    ] as const
    const found = await detectServers(places)
    expect(found.map(({ name, title }) => [name, title])).toEqual([
      ['ollama', 'Ollama 0.9.1'],
      ['vllm', 'vLLM'],
      ['llama-cpp', 'llama.cpp'],
      ['vllm-2', 'vLLM'],
      [`openai-${new URL(places[4].url).port}`, 'a server with the API of OpenAI']
    ])
    const { backends } = checkConfig(JSON.parse(initialConfig(found, './schema.json')))
    expect(backends).toEqual(places.map((place, i) => ({ ...place, name: found[i]?.name })))
  })

  it('are left out where nobody answers, or not as a model server does', async () => {
    const closed = await serverOf('/', {})
    const server = servers.pop()
    await new Promise((resolve) => server?.close(resolve))
    const others = ['/other', '/api/version', '/api/version', '/api/version']
    const documents = [{ version: '1' }, 'hello', { version: 1 }, [null]]
    const wrong = await Promise.all(others.map((path, i) => serverOf(path, documents[i])))
    const silent = await serverOf('/api/version', undefined)
    const places = [closed, silent, ...wrong].map((url) => ({ kind: 'ollama', url }) as const)
    expect(await detectServers(places, { timeoutMs: 200 })).toEqual([])
  })

  it('are not waited for when the caller stops', async () => {
    const url = await serverOf('/api/version', undefined)
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(detectServers([{ kind: 'ollama', url }], { signal })).rejects.toThrow('enough')
  })
})
