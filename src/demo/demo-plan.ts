import { createHash } from 'node:crypto'
import { pcg32, type Rng, seedFrom } from '../core/rng.ts'
import type { Side } from '../experiment/comparison-types.ts'
import { capacityTokensPerSecond } from '../simulation/engine/engine-options.ts'
import { type PeerProfile, SEED_PROFILES } from '../simulation/engine/profiles.ts'
import type { LocalSwarmSpec } from '../swarm/local-swarm.ts'
import type { Interval, WorkerSpec } from '../swarm/swarm-spec.ts'

/** The one model that the demo's swarm serves. */
export const DEMO_MODEL = 'demo-8b'

/** What goes wrong on purpose, the same on both sides. Times are shares of the run. */
interface Incidents {
  /** Claims a far better GPU than it has. */
  readonly liar: string
  /** Slows down to `slowFactor` at `slowAt`. */
  readonly slows: string
  readonly slowAt: number
  readonly slowFactor: number
  /** Its process is killed, and started again. */
  readonly dies: string
  readonly diesAt: number
  readonly returnsAt: number
}

export interface DemoPlan {
  readonly incidents: Incidents
  /** Decode capacity of the swarm, tokens/s: every worker's at full slots, times its uptime. */
  readonly capacityTokensPerSecond: number
  readonly workers: readonly DemoWorker[]
  swarmOf(side: Side, runMs: number): LocalSwarmSpec
}

interface DemoWorker {
  readonly name: string
  readonly profile: PeerProfile
}

/** A worker of each profile is away once in so long, for its share of the time. Shorter absences are left out. */
const AWAY_PERIOD_MS = 120_000
const SHORTEST_ABSENCE_MS = 1000

/** What the liar claims: the best GPU of the pool, and more than it can do. */
const LIE = { gpuModel: 'RTX 4090', tokensPerSecond: 180, vramGb: 24, loadRatio: 0 }

function kebab(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

function hexSeed(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('/')).digest('hex')
}

function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[Math.floor(rng.next() * from.length)]
}

/** The seed's five profiles twice, and who of them lies, slows down and dies: decided by the seed. */
export function demoPlan(seed: number): DemoPlan {
  const workers = SEED_PROFILES.flatMap((profile) => [1, 2].map((i) => ({ name: `${kebab(profile.name)}-${i}`, profile })))
  const rng = pcg32(seedFrom('demo', seed))
  const named = (...names: readonly string[]) =>
    workers.filter(({ profile }) => names.includes(profile.name)).map(({ name }) => name)
  const incidents: Incidents = {
    liar: pick(rng, named('Unreliable')),
    slows: pick(rng, named('HighPerformance')),
    slowAt: 0.35,
    slowFactor: 1 / 3,
    dies: pick(rng, named('Stable', 'LoadBalanced')),
    diesAt: 0.55,
    returnsAt: 0.75
  }
  return {
    incidents,
    workers,
    capacityTokensPerSecond: workers.reduce(
      (sum, worker) => sum + capacityTokensPerSecond(engineOf(worker)) * worker.profile.uptimeRatio,
      0
    ),
    swarmOf: (side, runMs) => ({
      bootstrapKeySeed: hexSeed(side, 'bootstrap'),
      workers: workers.map((worker) => workerSpec(worker, { side, seed, runMs, incidents })),
      mortal: [incidents.dies]
    })
  }
}

function engineOf({ name, profile }: DemoWorker) {
  return { name, tokensPerSecond: profile.tokensPerSecond, slots: profile.slots, failureRatio: profile.failureRatio }
}

interface Circumstances {
  readonly side: Side
  readonly seed: number
  readonly runMs: number
  readonly incidents: Incidents
}

function workerSpec(worker: DemoWorker, { side, seed, runMs, incidents }: Circumstances): WorkerSpec {
  const { name, profile } = worker
  const { gpuModel, tokensPerSecond, vramGb, loadRatio, rttMs } = profile
  const truth = { gpuModel, tokensPerSecond, vramGb, loadRatio }
  return {
    name,
    // The same in every run, so that what was learned of a worker is of use in the next one.
    keySeed: hexSeed(side, name),
    claims: { models: [DEMO_MODEL], ...(name === incidents.liar ? LIE : truth) },
    engine: { tokensPerSecond, slots: profile.slots, failureRatio: profile.failureRatio, seed },
    rttMs,
    away: name === incidents.dies ? [] : absences(pcg32(seedFrom('away', seed, name)), profile.uptimeRatio, runMs)
  }
}

/** One absence in every period, at a time that the seed chooses. */
function absences(rng: Rng, uptimeRatio: number, runMs: number): Interval[] {
  const lengthMs = (1 - uptimeRatio) * AWAY_PERIOD_MS
  if (lengthMs < SHORTEST_ABSENCE_MS) return []
  const periods = Math.ceil(runMs / AWAY_PERIOD_MS)
  return Array.from({ length: periods }, (_, period) => {
    const fromMs = period * AWAY_PERIOD_MS + rng.next() * (AWAY_PERIOD_MS - lengthMs)
    return { fromMs, toMs: fromMs + lengthMs }
  })
}
