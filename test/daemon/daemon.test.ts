import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { checkConfig } from '../../src/daemon/config/check-config.ts'
import { readSecrets } from '../../src/daemon/config/secrets.ts'
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts'
import { daemonLog } from '../../src/daemon/log.ts'
import { type ScriptedServer, type ScriptedServerOptions, startScriptedServer } from '../backends/scripted-server.ts'

let directory: string
let lines: string[]
const open: { stop(): Promise<unknown> }[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peerbandit-daemon-'))
  lines = []
})
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop()
  await rm(directory, { recursive: true })
})

async function server(options: Partial<ScriptedServerOptions> = {}): Promise<ScriptedServer> {
  const started = await startScriptedServer({ kind: 'openai', ...options })
  open.push(started)
  return started
}

const backend = (name: string, { url, kind }: ScriptedServer, more: object = {}) => ({
  name,
  kind: kind === 'ollama' ? 'ollama' : 'openai',
  url,
  ...more
})

async function setup(document: object) {
  const config = checkConfig({
    listen: { port: 0 },
    journal: { path: join(directory, 'journal') },
    log: { level: 'debug' },
    drainSeconds: 5,
    ...document
  })
  return { config, secrets: await readSecrets(config, {}) }
}

/** Runs, with all its backends there. */
async function daemon(document: { readonly backends: readonly object[]; readonly telemetry?: object }): Promise<Daemon> {
  const log = daemonLog(checkConfig({ log: { level: 'debug' } }).log, { write: (line) => lines.push(line) })
  const started = await startDaemon({ clock: systemClock, log }, await setup(document))
  open.push({ stop: () => started.drain() })
  await there(started, document.backends.length)
  return started
}

/** Resolves when so many peers serve the model. */
function there({ router: { fleet } }: Daemon, peers: number, model = 'tiny'): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (fleet.members(model).length !== peers) return
      forget()
      resolve()
    }
    const forget = fleet.onChange(check)
    check()
  })
}

function ask({ url }: Pick<Daemon, 'url'>, body: object = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'tiny', messages: [{ role: 'user', content: 'why?' }], max_tokens: 20, ...body })
  })
}

async function answerOf(response: Response): Promise<string> {
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] }
  return choices[0].message.content
}

const words = (name: string, count = 6) => Array.from({ length: count }, (_, i) => `${name}${i} `)

describe('the daemon', () => {
  it('routes between model servers of several kinds, shows a page and metrics, and goes on from what it learned', async () => {
    const servers = [await server(), await server({ kind: 'ollama' }), await server({ kind: 'llamacpp' })]
    const document = { backends: servers.map((each, i) => backend(`gpu-${i}`, each)) }
    const first = await daemon(document)
    const asked = 12
    for (let i = 0; i < asked; i++) expect(await answerOf(await ask(first))).toBe('Hello world')
    expect(servers.reduce((sum, { jobs }) => sum + jobs.length, 0)).toBe(asked)
    const models = (await (await fetch(`${first.url}/v1/models`)).json()) as { data: { id: string }[] }
    expect(models.data.map(({ id }) => id)).toContain('tiny')
    expect(await (await fetch(`${first.url}/`)).text()).toContain('<title>peerbandit</title>')
    const metrics = await (await fetch(`${first.url}/metrics`)).text()
    expect(metrics).toMatch(/peerbandit_policy_attempts_total\{policy="thompson",outcome="success"\} 12/)
    const { totals } = (await (await fetch(`${first.url}/dashboard/state`)).json()) as { totals: Record<string, number> }
    const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
    expect(totals).toMatchObject({ decisions: metric('peerbandit_decisions_total'), successes: asked, failures: 0, inFlight: 0 })
    expect(metric('peerbandit_decisions_in_flight')).toBe(0)
    expect(await first.drain()).toBe(0)
    const second = await daemon(document)
    expect(second.router.restored.outcomes).toBe(asked)
  })

  it('goes on at another server when one cuts its answer off, and the client sees one answer', async () => {
    const cut = await server({ script: { words: words('a'), fault: { kind: 'cut', afterTokens: 3 } } })
    const whole = await server({ script: { words: words('b', 3) } })
    const running = await daemon({ backends: [backend('cut', cut)] })
    const { config, secrets } = await setup({ backends: [backend('cut', cut), backend('whole', whole)] })
    const job = cut.nextJob()
    const answer = ask(running)
    await job
    running.reload({ config, secrets })
    const response = await answer
    expect(response.status).toBe(200)
    expect(await answerOf(response)).toBe('a0 a1 a2 b0 b1 b2 ')
    expect(whole.jobs[0].body).toMatchObject({ messages: [{ role: 'user' }, { role: 'assistant', content: 'a0 a1 a2 ' }] })
  })

  it('passes on what is wrong with a request, and blames no server for it', async () => {
    const strict = await server({ script: { fault: { kind: 'status', status: 400, body: { error: { message: 'too long' } } } } })
    const running = await daemon({ backends: [backend('strict', strict)] })
    const response = await ask(running)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: 'too long' } })
    expect(running.router.table.evidence(running.router.table.rowOf('strict'), systemClock.wall()).outcomes.count).toBe(0)
  })

  it('takes over keys, rules and backends while jobs run, and tells what waits for a restart', async () => {
    const old = await server({ script: { words: words('old'), tokenMs: 40 } })
    const next = await server({ script: { words: ['new'] } })
    const running = await daemon({ backends: [backend('old', old)] })
    const job = old.nextJob()
    const answer = ask(running)
    await job
    const changed = await setup({
      listen: { port: 1 },
      backends: [backend('new', next)],
      keys: [{ name: 'alice', key: 'secret-key' }],
      rules: [{ model: 'tiny', class: 'batch' }]
    })
    const { apply, restart } = running.reload(changed)
    expect(apply.map(({ path }) => path)).toEqual(['keys.alice', 'backends.old', 'backends.new', 'rules'])
    expect(restart.map(({ path }) => path)).toEqual(['listen.port'])
    await there(running, 1)
    expect((await ask(running)).status).toBe(401)
    expect(await answerOf(await ask(running, {}, { authorization: 'Bearer secret-key' }))).toBe('new')
    expect(next.jobs).toHaveLength(1)
    expect(await answerOf(await answer)).toBe(words('old').join(''))
    expect(lines.join('')).not.toContain('secret-key')
  })

  it('keeps to a price, of the request or of a rule', async () => {
    const [dear, cheap] = [await server({ script: { words: ['dear'] } }), await server({ script: { words: ['cheap'] } })]
    const running = await daemon({
      backends: [backend('dear', dear, { pricePerMillionTokens: 10 }), backend('cheap', cheap, { pricePerMillionTokens: 1 })]
    })
    for (let i = 0; i < 5; i++) {
      expect(await answerOf(await ask(running, {}, { 'x-peerbandit-max-price': '2' }))).toBe('cheap')
    }
    expect((await ask(running, {}, { 'x-peerbandit-max-price': '0.5' })).status).toBe(503)
  })

  it('lets jobs that run end when it is told to stop, and takes no more', async () => {
    const slow = await server({ script: { words: words('w'), tokenMs: 40 } })
    const running = await daemon({ backends: [backend('slow', slow)] })
    const job = slow.nextJob()
    const answer = ask(running)
    await job
    const drained = running.drain()
    const refused = await ask(running).then(({ status }) => status)
    expect(refused).toBe(503)
    expect(await answerOf(await answer)).toBe(words('w').join(''))
    expect(await drained).toBe(0)
  })

  it('sends its traces to a collector', async () => {
    const collected: string[] = []
    const collector = createServer((request, response) => {
      collected.push(request.url ?? '')
      request.resume().on('end', () => response.end('{}'))
    })
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
    const { port } = collector.address() as AddressInfo
    const running = await daemon({
      backends: [backend('one', await server())],
      telemetry: { endpoint: `http://127.0.0.1:${port}` }
    })
    expect((await ask(running)).status).toBe(200)
    await running.drain()
    expect(collected).toEqual(['/v1/traces'])
    collector.close()
  })

  it('leaves nothing open when it cannot start', async () => {
    const one = await server()
    const running = await daemon({ backends: [backend('one', one)] })
    const port = Number(new URL(running.url).port)
    const other = await setup({ listen: { port }, journal: { path: join(directory, 'other') }, backends: [backend('one', one)] })
    const log = daemonLog(other.config.log, { write: () => true })
    await expect(startDaemon({ clock: systemClock, log }, other)).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' })
    const again = { ...other, config: { ...other.config, listen: { ...other.config.listen, port: 0 } } }
    const second = await startDaemon({ clock: systemClock, log }, again)
    await second.drain()
  })
})
