import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startScriptedServer } from '../backends/scripted-server.ts'
import { runCli, startCli } from './run-cli.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-serve-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

function chat(url: string, model: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'why?' }] })
  })
}

describe('peerbandit serve', () => {
  it('answers without any configuration, goes on after a restart, and stops when told to', async () => {
    const run = async (asked: number, signal: 'SIGTERM' | 'SIGINT') => {
      const daemon = startCli(['serve', '--port', '0'], { cwd: directory })
      const [, url] = await daemon.waitFor(/serves at (http:\S+)/)
      for (let i = 0; i < asked; i++) expect((await chat(url, 'demo-8b')).status).toBe(200)
      daemon.process.kill(signal)
      return daemon.ended
    }
    const first = await run(3, 'SIGTERM')
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('simulated workers') as string })
    const second = await run(1, 'SIGINT')
    expect(second.status).toBe(0)
    const [, earlier] = /Going on from what ([3-9]) earlier outcomes taught/.exec(second.stdout)!
    expect(first.stderr).toMatch(new RegExp(`stopped outcomes=${earlier} `))
    const [, all] = /stopped outcomes=(\d+) /.exec(second.stderr)!
    expect(Number(all)).toBeGreaterThan(Number(earlier))
  })

  it('takes over another configuration on SIGHUP, and keeps the old one where the new is wrong', async () => {
    const server = await startScriptedServer({ kind: 'openai' })
    const write = (more: object) =>
      writeFile(
        join(directory, 'peerbandit.config.json'),
        JSON.stringify({
          listen: { port: 0 },
          journal: { path: 'other' },
          backends: [{ name: 'one', kind: 'openai', url: server.url }],
          ...more
        })
      )
    await write({})
    const daemon = startCli(['serve'], { cwd: directory })
    const [, url] = await daemon.waitFor(/serves at (http:\S+)/)
    const said = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (data: Buffer) => {
          if (!pattern.test(data.toString())) return
          daemon.process.stderr?.off('data', look)
          resolve()
        }
        daemon.process.stderr?.on('data', look)
      })
    const reload = async (more: object, pattern: RegExp) => {
      await write(more)
      const heard = said(pattern)
      daemon.process.kill('SIGHUP')
      await heard
    }
    await reload({ keys: [{ name: 'alice', key: 'alices-own-key' }] }, /reloaded applied=keys/)
    expect((await chat(url, 'tiny')).status).toBe(401)
    await reload({ keys: [{ name: 'alice' }] }, /not reloaded code=ERR_INVALID_OPTION/)
    expect((await chat(url, 'tiny', { authorization: 'Bearer alices-own-key' })).status).toBe(200)
    daemon.process.kill('SIGTERM')
    const { status, stdout, stderr } = await daemon.ended
    expect(status).toBe(0)
    expect(stdout + stderr).not.toContain('alices-own-key')
    await server.stop()
  })

  it('ends with status 2 for a configuration that is wrong, naming all of it', async () => {
    const config = join(directory, 'wrong.json')
    await writeFile(config, JSON.stringify({ listen: { port: 'x' }, backend: [] }))
    const { status, stderr } = await runCli(['serve', '--config', config])
    expect(status).toBe(2)
    expect(stderr).toMatch(/listen\.port/)
    expect(stderr).toMatch(/did you mean "backends"/)
  })

  it('routes to workers of a network that put model servers on it', async () => {
    const server = await startScriptedServer({
      kind: 'vllm',
      script: { toolCalls: [{ name: 'look', arguments: { at: 'sky' } }] }
    })
    const worker = startCli(['worker', '--backend', server.url, '--name', 'gpu'], { cwd: directory })
    const [, address] = await worker.waitFor(/serves tiny at\n +(\S+)/)
    const network = { bootstrap: [address], models: ['tiny'] }
    await writeFile(join(directory, 'network.json'), JSON.stringify({ network, journal: { path: 'third' } }))
    const daemon = startCli(['serve', '--config', 'network.json', '--port', '0'], { cwd: directory })
    const [, url] = await daemon.waitFor(/serves at (http:\S+)/)
    while ((await fetch(`${url}/readyz`)).status !== 200);
    const response = await chat(url, 'tiny')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: 'Hello world', tool_calls: [{ function: { name: 'look' } }] } }],
      usage: { prompt_tokens: 5 }
    })
    for (const each of [daemon, worker]) {
      each.process.kill('SIGTERM')
      expect((await each.ended).status).toBe(0)
    }
    await server.stop()
  })
})
