import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { memoryJournal } from '../../src/journal/level-journal.ts'
import { crowdllamaFleet, type CrowdllamaFleet } from '../../src/network/crowdllama/fleet.ts'
import { crowdllamaBootstrap } from '../../src/network/crowdllama/node.ts'
import { openRouter, type Router } from '../../src/router/router.ts'
import { startCrowdllamaWorker } from '../../src/swarm/crowdllama-worker.ts'
import { sayingEngine, untilFleet } from '../network/crowdllama/support.ts'
import { ANY_PORT, someClaims, stopLater } from '../network/support.ts'
import { askGateway } from './ask-gateway.ts'
import { type MockOllama, startMockOllama } from './mock-ollama.ts'
import type { PeerProcess } from './peer-process.ts'
import { awaitWorkers, startBootstrap, startConsumer, startWorker } from './peers.ts'

const MODEL = 'tinyllama'

/** So that whoever runs it sees who did what. */
function tell(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function startRouter(bootstrap: string): Promise<Router<CrowdllamaFleet>> {
  const components = { clock: systemClock, timers: systemClock }
  const journal = await memoryJournal({}, components)
  const fleet = { bootstrap: [bootstrap], watch: { discoveryIntervalMs: 500, probeIntervalMs: 500 } }
  return openRouter(
    { clock: systemClock, journal, fleet: (selection) => crowdllamaFleet(selection, systemClock, fleet) },
    { seed: 1n }
  )
}

type WorkerName = 'fast' | 'slow'

interface Ran {
  readonly text: string
  /** Who was asked, in order; the last one answered. */
  readonly peers: readonly WorkerName[]
}

describe('a router of ours among workers of CrowdLlama', { timeout: 120_000 }, () => {
  const stops: (() => Promise<unknown>)[] = []
  const ollamas: Record<WorkerName, MockOllama> = {} as never
  const workers: Record<WorkerName, PeerProcess> = {} as never
  let router: Router<CrowdllamaFleet>
  let jobs = 0

  beforeAll(async () => {
    const kept = <T extends { stop(): Promise<unknown> }>(thing: T): T => {
      stops.push(() => thing.stop())
      return thing
    }
    const bootstrap = kept(await startBootstrap())
    for (const [name, tokensPerSecond] of [
      ['fast', 200],
      ['slow', 25]
    ] as const) {
      ollamas[name] = kept(await startMockOllama({ tokensPerSecond, slots: 4 }))
      workers[name] = kept(await startWorker({ bootstrap: [bootstrap.address], ollamaUrl: ollamas[name].url }))
    }
    router = kept(await startRouter(bootstrap.address))
    await untilFleet(router.fleet, () => router.fleet.members(MODEL).length === 2)
  }, 120_000)

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  const nameOf = (peer: string): WorkerName => (peer === workers.fast.id ? 'fast' : 'slow')

  async function run(text: string, onAttempt: (name: WorkerName) => void = () => undefined): Promise<Ran> {
    const job = { id: `job-${++jobs}`, model: MODEL, workloadClass: 'interactive', promptTokens: 4 }
    const peers: WorkerName[] = []
    let said = ''
    const events = router.run(
      { ...job, expectedOutputTokens: 16, deadlineMs: 30_000 },
      { text, maxTokens: 16 },
      { signal: AbortSignal.timeout(60_000) }
    )
    for await (const event of events) {
      if (event.kind === 'attempt') {
        const name = nameOf(event.decision.peer)
        peers.push(name)
        onAttempt(name)
      }
      if (event.kind === 'tokens') said += event.text
    }
    tell(`${job.id}: CrowdLlama worker ${peers.map((name) => `${name} ${workers[name].id}`).join(', then ')}: "${said}"`)
    return { text: said, peers }
  }

  it('gets whole answers, and learns who is fast though all claim the same', async () => {
    const ran: Ran[] = []
    for (let i = 0; i < 24; i++) ran.push(await run('say 8 words'))
    expect(new Set(ran.map(({ text }) => text))).toEqual(new Set([Array(8).fill('word').join(' ')]))
    const late = ran.slice(12).filter(({ peers }) => peers.at(-1) === 'fast').length
    expect(late).toBeGreaterThanOrEqual(9)
    for (const name of ['fast', 'slow'] as const) {
      const { claims, outcomes, roundTrip } = router.table.evidence(router.table.rowOf(workers[name].id), systemClock.wall())
      expect(claims).toMatchObject({ tokensPerSecond: 150, gpuModel: 'RTX 4090' })
      expect(roundTrip.meanMs).toBeGreaterThan(0)
      expect(outcomes.count).toBeGreaterThan(0)
    }
  })

  it.each(['status', 'garbage', 'cut'] as const)('asks another worker where one fails (%s)', async (failure) => {
    let failed = 0
    for (const ollama of Object.values(ollamas)) ollama.set({ failure: () => (failed++ === 0 ? failure : undefined) })
    const { text, peers } = await run('say 3 words')
    expect(text).toBe('word word word')
    expect(new Set(peers).size).toBe(2)
  })

  it('asks another worker where one is killed with the job', async () => {
    for (const ollama of Object.values(ollamas)) ollama.set({ failure: () => 'silence' })
    let killed: Promise<unknown> | undefined
    const { text, peers } = await run('say 5 words', (name) => {
      killed ??= workers[name].kill()
      ollamas[name === 'fast' ? 'slow' : 'fast'].set({ failure: () => undefined })
    })
    await killed
    expect(text).toBe('word word word word word')
    expect(new Set(peers).size).toBe(2)
    expect((await run('say 2 words')).peers).toEqual([peers[1]])
  })
})

describe('a consumer of CrowdLlama', { timeout: 120_000 }, () => {
  it('is served by a worker of ours', async () => {
    const bootstrap = stopLater(await startBootstrap())
    const claims = someClaims({ models: [MODEL] })
    const options = { claims, listen: [ANY_PORT], bootstrap: [bootstrap.address] }
    const components = { clock: systemClock, engine: sayingEngine('as it should be') }
    const worker = stopLater(await startCrowdllamaWorker(components, options))
    const consumer = stopLater(await startConsumer({ bootstrap: [bootstrap.address] }))
    expect(await awaitWorkers(consumer, MODEL, 1)).toEqual([worker.id])
    const answer = await askGateway(consumer.ready.url!, { model: MODEL, prompt: 'is the sky blue?' })
    tell(`CrowdLlama consumer ${consumer.id}, by worker ${worker.id} of ours: "${answer.text}"`)
    expect(answer).toEqual({ status: 200, model: MODEL, done: true, text: 'as it should be' })
  })

  it('finds workers of its own kind through a bootstrap node of ours', async () => {
    const bootstrap = stopLater(await crowdllamaBootstrap({ listen: [ANY_PORT] }))
    const [address] = bootstrap.addresses()
    const ollama = stopLater(await startMockOllama())
    const worker = stopLater(await startWorker({ bootstrap: [address], ollamaUrl: ollama.url }))
    const consumer = stopLater(await startConsumer({ bootstrap: [address] }))
    expect(await awaitWorkers(consumer, MODEL, 1)).toEqual([worker.id])
    const answer = await askGateway(consumer.ready.url!, { model: MODEL, prompt: 'say 2 words' })
    tell(`CrowdLlama consumer ${consumer.id}, by its own worker ${worker.id}, both joined at ours: "${answer.text}"`)
    expect(answer).toMatchObject({ status: 200, done: true, text: 'word word' })
  })
})
