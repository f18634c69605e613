import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock, type Timers } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import { type Dashboard, dashboard, type DashboardOptions } from '../../src/dashboard/dashboard.ts'
import type { ExperimentState } from '../../src/dashboard/dashboard-state.ts'
import { createSelection, type SelectionOptions } from '../../src/selector/selection.ts'
import { SelectionStatistics } from '../../src/selector/statistics.ts'

/** What the peers really are; the last one claims far more than it does. */
const PEERS = [
  { name: 'berlin-4090', gpu: 'RTX 4090', claimed: 120, real: 110, rttMs: 9, failing: 0 },
  { name: 'lyon-3090', gpu: 'RTX 3090', claimed: 70, real: 64, rttMs: 21, failing: 0.01 },
  { name: 'oslo-a100', gpu: 'A100 80GB', claimed: 140, real: 131, rttMs: 34, failing: 0 },
  { name: 'porto-3060', gpu: 'RTX 3060', claimed: 38, real: 33, rttMs: 41, failing: 0.04 },
  { name: 'tunis-m2', gpu: 'Apple M2 Max', claimed: 45, real: 41, rttMs: 58, failing: 0.02 },
  { name: 'riga-4090', gpu: 'RTX 4090', claimed: 260, real: 24, rttMs: 30, failing: 0.05 }
] as const

const MODEL = 'llama-3.1-8b-instruct'
const TOKENS = 100

const idOf = (name: string) => `12D3KooW${createHash('sha256').update(name).digest('hex').slice(0, 44)}`

export interface FedOptions extends SelectionOptions {
  /** What the clock moves by itself, ms. @default nothing */
  readonly now?: () => number
}

/** A real selection, whose clock moves by hand, and a script of jobs. */
export function fedSelection({ now, ...options }: FedOptions = {}) {
  const manual = manualClock(1_790_000_000_000)
  const clock = now === undefined ? manual : { ...manual, now: () => manual.now() + now() }
  const selection = createSelection({ clock }, { seed: 7n, ...options })
  const statistics = new SelectionStatistics(selection.selector)
  const rng = pcg32(3n, 1n)
  const names = new Map<string, string>(PEERS.map(({ name }) => [idOf(name), name]))
  const members = [...names.keys()]
  let jobs = 0

  function meet(): void {
    PEERS.forEach(({ gpu, claimed, rttMs }, i) => {
      const claims = { models: [MODEL], gpuModel: gpu, vramGb: 24, tokensPerSecond: claimed, loadRatio: 0.2 }
      selection.table.observe(members[i], { kind: 'connected' }, clock.wall())
      selection.table.observe(members[i], { kind: 'ping', rttMs }, clock.wall())
      selection.table.observe(members[i], { kind: 'claims', claims }, clock.wall())
    })
  }

  function begin(workloadClass = jobs % 4 === 3 ? 'batch' : 'interactive') {
    jobs += 1
    const lease = selection.selector.acquire(members, {
      id: `job-${jobs}`,
      model: MODEL,
      workloadClass,
      promptTokens: 100,
      expectedOutputTokens: TOKENS,
      deadlineMs: 30_000
    })
    return { lease, peer: PEERS[members.indexOf(lease.peer)] }
  }

  /** One job from its decision to its end. */
  async function runJob(): Promise<void> {
    const { lease, peer } = begin()
    const load = {
      slots: 4,
      running: Math.floor(rng.next() * 4),
      queued: Math.floor(rng.next() * 1.3),
      tokensPerSecond: peer.real
    }
    clock.advance(peer.rttMs + 80 + 60 * rng.next())
    if (rng.next() < peer.failing) {
      await lease.fail('disconnected')
      return
    }
    lease.progress(1, load)
    clock.advance(((TOKENS - 1) * 1000 * (0.8 + 0.5 * rng.next())) / peer.real)
    await lease.complete({ outputTokens: TOKENS, load })
  }

  async function runJobs(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await runJob()
  }

  /** A job that takes its time while others come. The more jobs a peer has, the slower each of them is. */
  function startJob(): void {
    const { lease, peer } = begin()
    const outputTokens = Math.ceil(40 + 260 * rng.next() ** 2)
    const running = selection.table.inFlight(selection.table.rowOf(lease.peer))
    const load = { slots: 4, running: Math.min(4, running), queued: Math.max(0, running - 4), tokensPerSecond: peer.real }
    const msPerToken = (1000 / peer.real) * (0.85 + 0.3 * rng.next()) * Math.max(1, running / 3)
    clock.after(peer.rttMs + 60 + 120 * rng.next() + 40 * running, () => {
      if (rng.next() < peer.failing) {
        void lease.fail('disconnected')
        return
      }
      lease.progress(1, load)
      clock.after(outputTokens * msPerToken, () => void lease.complete({ outputTokens, load }))
    })
  }

  /** Jobs that come by chance, so many a second on average; the last ones are still under way at the end. */
  function runTraffic(count: number, perSecond: number): void {
    for (let i = 0; i < count; i++) {
      clock.advance((-Math.log(1 - rng.next()) * 1000) / perSecond)
      startJob()
    }
  }

  return {
    clock,
    selection,
    statistics,
    members,
    nameOf: (peer: string) => names.get(peer) ?? peer,
    meet,
    begin,
    runJob,
    runJobs,
    runTraffic
  }
}

export type Fed = ReturnType<typeof fedSelection>

export interface ServeOptions extends DashboardOptions {
  readonly timers?: Timers
  readonly port?: number
  readonly experiment?: () => ExperimentState | undefined
}

export interface Served {
  readonly page: Dashboard
  readonly origin: string
  readonly port: number
  stop(): Promise<void>
}

/** The dashboard on a server of its own; other paths are not found. */
export async function serve(
  fed: Fed,
  { timers = fed.clock, port = 0, experiment, ...options }: ServeOptions = {}
): Promise<Served> {
  const { selection, statistics, clock, members, nameOf } = fed
  const components = { selection, statistics, clock, timers, members: () => members, nameOf }
  const page = dashboard({ ...components, ...(experiment === undefined ? {} : { experiment }) }, options)
  const server = createServer((request, response) => {
    if (!page.handle(request, response)) response.writeHead(404).end('not here')
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const bound = (server.address() as AddressInfo).port
  return {
    page,
    port: bound,
    origin: `http://127.0.0.1:${bound}`,
    async stop() {
      page.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
