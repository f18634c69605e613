import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { crowdllamaBootstrap } from '../../src/network/crowdllama/node.ts'
import { startScriptedServer } from '../backends/scripted-server.ts'
import { type RunningCli, startCli } from './run-cli.ts'

const atEnd: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end()
})

function start(args: readonly string[], cwd: string): RunningCli {
  const cli = startCli(args, { cwd })
  atEnd.push(() => {
    cli.process.kill('SIGINT')
    return cli.ended
  })
  return cli
}

/** The status and text of an answer, asked for again while there is no worker yet. */
async function chat(url: string, messages: readonly object[]): Promise<string> {
  for (;;) {
    const response = await fetch(`${url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny', messages, stream: false })
    })
    if (response.ok) return ((await response.json()) as { message: { content: string } }).message.content
  }
}

it('serves a model server to a CrowdLlama network, and its workers over HTTP', { timeout: 90_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'peerbandit-crowdllama-'))
  atEnd.push(() => rm(directory, { recursive: true }))
  const bootstrap = await crowdllamaBootstrap({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  atEnd.push(() => bootstrap.stop())
  const [address] = bootstrap.addresses()
  const server = await startScriptedServer({ kind: 'openai' })
  atEnd.push(() => server.stop())

  const worker = start(['worker', '--backend', server.url, '--crowdllama', address], directory)
  const [, id] = await worker.waitFor(/Worker (\S+) serves tiny at/)
  const serve = start(['serve', '--port', '0', '--set', `crowdllama.bootstrap=${address}`], directory)
  const [, url] = await serve.waitFor(/(http:\/\/127\.0\.0\.1:\d+)/)
  expect(await chat(url, [{ role: 'user', content: 'why?' }])).toBe('Hello world')
  const several = [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'why?' }
  ]
  expect(await chat(url, several)).toBe('Hello world')
  const prompts = server.jobs.map(({ body }) => body['messages'])
  expect(prompts).toEqual([
    // The worker asks for its own speed first.
    [{ role: 'user', content: expect.stringContaining('one to twenty') as string }],
    [{ role: 'user', content: 'why?' }],
    [{ role: 'user', content: 'system: be brief\n\nuser: why?\n\nassistant:' }]
  ])
  const health = (await (await fetch(`${url}/api/health`)).json()) as Record<string, object>
  expect(health[id]).toMatchObject({ is_healthy: true, supported_models: ['tiny'] })
})
