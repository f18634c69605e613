import type { Shape } from './chat.ts'
import type { LoadGenerator } from './children.ts'
import type { LoadJob, LoadResult } from './load.ts'

/** How much is measured. */
export interface Plan {
  readonly rounds: number
  readonly seed: number
  /** Before the first round, ms of each kind of load. */
  readonly warmUpMs: number
  /** Latency of answers whole: one request at a time. */
  readonly latencyMs: number
  /** Answers a second: `connections` requests at a time. */
  readonly throughputMs: number
  readonly connections: number
  /** Streams as fast as they are read, with `floodTokens` each. */
  readonly floodMs: number
  readonly floodTokens: number
  readonly streams: number
  /** Streams with a token at a time, with `pacedTokens` each. */
  readonly pacedMs: number
  readonly pacedTokens: number
  readonly pacedStreams: number
  /** ms between tokens of one stream. */
  readonly pacedIntervalMs: number
  /** Requests that memory is measured over. */
  readonly requests: number
}

/** Where load goes. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What one round saw of one contestant. */
export interface Round {
  readonly alone: LoadResult
  readonly loaded: LoadResult
  readonly flood: LoadResult
  readonly paced: LoadResult
}

export const PHASES = ['alone', 'loaded', 'flood', 'paced'] as const

type Phase = Omit<LoadJob, 'url' | 'headers'>

/** At the start of a phase: new connections, cold caches. */
const SETTLING = 0.2

function phase(shape: Shape, connections: number, durationMs: number, tokens = 1): Phase {
  // Streams are few and long: one that began before the count did would be lost.
  const warmUpMs = shape === 'flood' ? 0 : SETTLING * durationMs
  return { shape, connections, tokens, durationMs: durationMs + warmUpMs, warmUpMs }
}

/** The loads of a round. */
function phasesOf(plan: Plan): Readonly<Record<keyof Round, Phase>> {
  return {
    alone: phase('reply', 1, plan.latencyMs),
    loaded: phase('reply', plan.connections, plan.throughputMs),
    flood: phase('flood', plan.streams, plan.floodMs, plan.floodTokens),
    paced: phase('paced', plan.pacedStreams, plan.pacedMs, plan.pacedTokens)
  }
}

export async function measureRound(load: LoadGenerator, { url, headers }: Target, plan: Plan): Promise<Round> {
  const phases = phasesOf(plan)
  const run = (name: keyof Round) => load.run({ ...phases[name], url, headers })
  return {
    alone: await run('alone'),
    loaded: await run('loaded'),
    flood: await run('flood'),
    paced: await run('paced')
  }
}

/** Lets a contestant compile and fill its pools: nothing of it is kept. */
export async function warmUp(load: LoadGenerator, { url, headers }: Target, plan: Plan): Promise<void> {
  const phases = phasesOf(plan)
  for (const name of PHASES) {
    await load.run({ ...phases[name], url, headers, durationMs: plan.warmUpMs, warmUpMs: 0 })
  }
}
