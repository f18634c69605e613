import type { z } from 'zod'
import type { behaviourSchema, peerGroupSchema } from './peer-schema.ts'
import type { scenarioSchema } from './scenario-schema.ts'
import type { lengthSchema, workloadSchema } from './workload-schema.ts'

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

type Document<Schema extends z.ZodType> = DeepReadonly<z.input<Schema>>

/** Part of the run between the first and the last arrival, as shares of it: 0 ≤ fromRatio < toRatio ≤ 1. */
export interface RunShare {
  /** @default 0 */
  readonly fromRatio?: number
  /** @default 1 */
  readonly toRatio?: number
}

/** How a peer behaves beside running jobs; see behaviours.ts. Times in ms count from the start of the run. */
export type BehaviourSpec = Document<typeof behaviourSchema>

/** Peers that are alike. */
export type PeerGroup = Document<typeof peerGroupSchema>

/** Where jobs come from, and how fast: by exactly one of `utilisation`, `jobsPerSecond` and `atOnce`. */
export type ScenarioWorkload = Document<typeof workloadSchema>

/** A number of tokens as a distribution; a plain number is always the same. */
export type Length = Document<typeof lengthSchema>

/** A pool of peers, the jobs for it, and what goes wrong: everything that a run needs beside a policy and a seed. */
export type Scenario = Document<typeof scenarioSchema>

/** Every field set. */
export type ResolvedScenario = Omit<DeepReadonly<z.output<typeof scenarioSchema>>, 'durationMs' | 'jobs' | 'peersPerRouter'> & {
  readonly jobs: number
  /** Infinity: all. */
  readonly peersPerRouter: number
}
