import type { Churn, HiddenLoad, Misreport, SlowStart, TimeSpan } from '../virtual/behaviours.ts'

/** Part of the run between the first and the last arrival, as shares of it: 0 ≤ fromRatio < toRatio ≤ 1. */
export interface RunShare {
  /** @default 0 */
  readonly fromRatio?: number
  /** @default 1 */
  readonly toRatio?: number
}

/** How a peer behaves beside running jobs; see behaviours.ts. Times in ms count from the start of the run. */
export type BehaviourSpec =
  | ({ readonly kind: 'hidden-load' } & HiddenLoad)
  | ({ readonly kind: 'speed'; readonly factor: number } & RunShare)
  | ({ readonly kind: 'slow-start' } & SlowStart)
  | { readonly kind: 'rtt-drift'; readonly factor: number }
  | ({ readonly kind: 'churn' } & Churn)
  | { readonly kind: 'sessions'; readonly away: readonly TimeSpan[] }
  | ({ readonly kind: 'fail-fast' } & RunShare)
  | ({ readonly kind: 'black-hole' } & RunShare)
  | { readonly kind: 'stall'; readonly ratio: number }
  | ({ readonly kind: 'misreport' } & Misreport)

/** Peers that are alike. With more than one, they are called name-1, name-2, … */
export interface PeerGroup {
  readonly name: string
  /** ≥ 1, @default 1 */
  readonly count?: number
  /** Decode speed of one job that runs alone, tokens/s > 0. */
  readonly tokensPerSecond: number
  /** Jobs side by side, ≥ 1. @default 4 */
  readonly slots?: number
  /** With n jobs running each is slower by 1 + slowdown·(n − 1). ≥ 0, @default 0.15 */
  readonly slowdown?: number
  /** Jobs that may wait for a slot, ≥ 0. @default 16 */
  readonly queueLimit?: number
  /** Share of jobs that fail on their way, 0–1. @default 0 */
  readonly failureRatio?: number
  /** Round trip of every message, drawn evenly between the two, ms ≥ 0. */
  readonly rttMs: { readonly min: number; readonly max: number }
  /** What it says of itself. @default its true speed, no load, no GPU */
  readonly claims?: {
    readonly tokensPerSecond?: number
    readonly loadRatio?: number
    readonly gpuModel?: string
    readonly vramGb?: number
  }
  /** @default none */
  readonly behaviours?: readonly BehaviourSpec[]
}

/** Where jobs come from. `utilisation` is offered work over what the peers can really do in the run, > 0. */
export type ScenarioWorkload =
  /** Drawn from the generator fitted to the Azure LLM inference trace (data/workload). */
  | { readonly kind: 'fitted'; readonly utilisation: number }
  /** A stretch of a recorded trace; see trace.ts for its form. */
  | { readonly kind: 'trace'; readonly path: string; readonly utilisation: number }
  /** Poisson arrivals, exponential lengths with these means. */
  | {
      readonly kind: 'exponential'
      readonly promptTokens: number
      readonly outputTokens: number
      readonly utilisation: number
    }

/** Several peers leave at the same time. */
interface Departure {
  /** When, as a share of the run, 0–1. */
  readonly atRatio: number
  /** For how long, ms > 0. */
  readonly forMs: number
  /** Share of the peers that leave, 0–1, drawn by the seed. */
  readonly peersRatio: number
}

/** A pool of peers, the jobs for it, and what goes wrong: everything that a run needs beside a policy and a seed. */
export interface Scenario {
  readonly format: 'peerbandit-scenario'
  readonly version: 1
  readonly name: string
  readonly description: string
  readonly peers: readonly PeerGroup[]
  readonly workload: ScenarioWorkload
  /** ≥ 2 */
  readonly jobs: number
  /** Routers that share the peers and know nothing of each other; each job goes to one at random. ≥ 1, @default 1 */
  readonly routers?: number
  /**
   * How many peers a router knows, drawn by the seed for each: the lookup of a DHT returns so many providers and not all.
   * ≥ 1, @default all
   */
  readonly peersPerRouter?: number
  /** After this a job has failed, and counts with this time, ms > 0. @default 30000 */
  readonly deadlineMs?: number
  /** Between two probes of a peer by a router, ms > 0. @default 5000, as over a real network */
  readonly probeIntervalMs?: number
  /** Least time between two pieces of a job's text, ms > 0. @default 200 */
  readonly frameMs?: number
  readonly departures?: readonly Departure[]
}

export const SCENARIO_DEFAULTS = {
  routers: 1,
  peersPerRouter: Infinity,
  deadlineMs: 30_000,
  probeIntervalMs: 5_000,
  frameMs: 200,
  departures: []
} as const satisfies Partial<Scenario>

/** Every field set. */
export type ResolvedScenario = Required<Scenario>
