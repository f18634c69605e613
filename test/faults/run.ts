import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '../../src/core/abort.ts'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32, type Rng, seedFrom } from '../../src/core/rng.ts'
import { type Audit, auditJournal } from './audit.ts'
import { type Asking, Client } from './client.ts'
import type { ApiName, Question } from './dialects.ts'
import { type Away, EchoProcess, RouterProcess, writeConfig } from './processes.ts'
import { trouble } from './schedule.ts'

export interface FaultRunOptions {
  readonly requests: number
  readonly concurrency: number
  readonly seed: number
  /** Whether the router is killed, too, after two thirds of the requests. */
  readonly killRouter: boolean
  /** Called after every request. */
  readonly progress?: (asking: Asking, done: number) => void
}

export interface FaultRun {
  readonly options: Pick<FaultRunOptions, 'requests' | 'concurrency' | 'seed' | 'killRouter'>
  readonly askings: readonly Asking[]
  readonly aways: readonly Away[]
  readonly troubles: ReadonlyMap<string, number>
  readonly audit: Audit
  readonly durationMs: number
  /** What the router wrote to standard error: nothing, at its level of the log. */
  readonly complaints: readonly string[]
  /** What the router says is still under way after all, of what must have ended. */
  readonly unfinished: Readonly<Record<string, number>>
  /** Of the router, after all. */
  readonly status: number | null
}

/** Of one token, ms: the servers are as unequal as those of a real pool. */
const SPEEDS = [2, 3, 6, 12]
/** A request that takes longer hangs; the router gives up after 20 s. */
/** Who hears that nobody is there comes again after this, ms: sooner than told. */
const AGAIN_MS = 250
const HANG_MS = 30_000

function apiAt(u: number): ApiName {
  return u < 0.6 ? 'chat' : u < 0.8 ? 'completion' : 'ollama'
}

function questionAt(rng: Rng, number: number): Question {
  const streamed = number % 2 === 0
  const tokens = 4 + Math.floor(rng.next() ** 2 * 40)
  const api = apiAt(rng.next())
  const tools = rng.next() < 0.15 && api === 'chat'
  const leaves = streamed && rng.next() < 0.03
  return {
    nonce: `n${number}${Math.floor(rng.next() * 36 ** 4).toString(36)}`,
    tokens,
    api,
    streamed,
    tools,
    usage: rng.next() < 0.5,
    // Half a token counts as one: some are left over.
    maxTokens: rng.next() < 0.5 ? tokens + 8 : undefined,
    leavesAfter: leaves ? 2 + Math.floor(rng.next() * 4) : undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Whoever is told so comes again when it is back. */
function isAway({ ending: { kind, detail } }: Asking): boolean {
  return kind === 'connection' || detail.includes('shutting_down')
}

interface Parts {
  readonly directory: string
  readonly servers: readonly EchoProcess[]
  readonly router: RouterProcess
}

/** What happens to the router, by how many requests were sent by then. */
function eventsOf(
  { directory, router, servers }: Parts,
  { requests, killRouter }: FaultRunOptions
): Map<number, () => Promise<void>> {
  const at = (share: number) => Math.floor(requests * share)
  const reload = (using: readonly EchoProcess[]) => async () => {
    await writeConfig(directory, { port: router.port, servers: using })
    router.reload()
  }
  return new Map([
    [at(1 / 6), reload(servers.slice(1))],
    [at(1 / 4), reload(servers)],
    [at(1 / 3), () => router.restart('SIGTERM')],
    ...(killRouter ? [[at(2 / 3), () => router.restart('SIGKILL')] as const] : [])
  ])
}

async function askAll(parts: Parts, options: FaultRunOptions): Promise<Asking[]> {
  const { router } = parts
  const { requests, concurrency, seed, progress } = options
  const events = eventsOf(parts, options)
  const client = new Client(router.port, concurrency, HANG_MS)
  const rng = pcg32(seedFrom('questions', seed))
  const questions = Array.from({ length: requests }, (_, number) => questionAt(rng, number))
  const askings: Asking[] = []
  const happening: Promise<void>[] = []
  let next = 0
  const work = async () => {
    while (next < requests) {
      const number = next++
      const event = events.get(number)
      if (event !== undefined) happening.push(event())
      const asking = await client.ask(questions[number])
      askings.push(asking)
      progress?.(asking, askings.length)
      if (isAway(asking)) await router.back()
      if (asking.ending.detail.includes('no_eligible_peer')) await sleep(systemClock, AGAIN_MS)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
    await Promise.all(happening)
  } finally {
    client.close()
  }
  return askings
}

const GAUGES = ['peerbandit_gateway_in_flight', 'peerbandit_gateway_waiting', 'peerbandit_decisions_in_flight']
/** That clients left is noticed in less, ms. */
const SETTLE_MS = 5_000

/** What the router counts as under way, once it had time to notice that nobody waits any more. */
async function unfinishedAt(port: number): Promise<Record<string, number>> {
  const dueMs = systemClock.now() + SETTLE_MS
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    const values = GAUGES.map((name) => [name, Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN)] as const)
    const unfinished = values.filter(([, value]) => value !== 0)
    if (unfinished.length === 0 || systemClock.now() > dueMs) return Object.fromEntries(unfinished)
    await sleep(systemClock, 100)
  }
}

async function runIn(parts: Parts, options: FaultRunOptions): Promise<FaultRun> {
  const { directory, servers, router } = parts
  const { requests, concurrency, seed, killRouter } = options
  const startMs = systemClock.now()
  const over = new AbortController()
  const troubles = trouble(servers, pcg32(seedFrom('troubles', seed)), over.signal)
  const askings = await askAll(parts, options).finally(() => {
    over.abort()
  })
  const durationMs = systemClock.now() - startMs
  const troubled = await troubles
  const unfinished = await unfinishedAt(router.port)
  const status = await router.stop('SIGTERM')
  const audit = await auditJournal(join(directory, 'journal'), askings, router.aways)
  const { aways, complaints } = router
  const asked = { requests, concurrency, seed, killRouter }
  return { options: asked, askings, aways, troubles: troubled, audit, durationMs, unfinished, complaints, status }
}

/** Real servers, a real router, real clients; and everything that can go wrong with the first two. */
export async function faultRun(options: FaultRunOptions): Promise<FaultRun> {
  const directory = await mkdtemp(join(tmpdir(), 'peerbandit-faults-'))
  const servers = SPEEDS.map((tokenMs, i) => new EchoProcess(`echo${i + 1}`, tokenMs))
  let router: RouterProcess | undefined
  try {
    await Promise.all(servers.map((server) => server.start()))
    const port = await freePort()
    router = new RouterProcess(await writeConfig(directory, { port, servers }), port)
    await router.start()
    return await runIn({ directory, servers, router }, options)
  } finally {
    await Promise.all([router?.stop('SIGKILL'), ...servers.map((server) => server.kill())])
    await rm(directory, { recursive: true, force: true })
  }
}
