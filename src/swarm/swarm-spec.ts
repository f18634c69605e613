import type { Claims } from '../peer/observation.ts'
import type { BatchingEngineOptions } from '../simulation/engine/engine-options.ts'

/** A stretch of time, ms since the swarm was told to go. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

/** A worker of a local swarm, as plain data: it crosses a process boundary. */
export interface WorkerSpec {
  readonly name: string
  /** 32 bytes in hex that make its identity. */
  readonly keySeed: string
  readonly claims: Claims
  readonly engine: Omit<BatchingEngineOptions, 'name' | 'speed'>
  /** Round trip through its relay, ms: uniform between the two. */
  readonly rttMs: { readonly min: number; readonly max: number }
  /** When it is away: its relay takes no connections and cuts those it has. */
  readonly away: readonly Interval[]
  /** Port of its relay, where a worker that returns comes back to. @default any that is free */
  readonly relayPort?: number
}

/** What one process hosts. */
export interface HostSpec {
  /** Identity of a bootstrap node to run here. */
  readonly bootstrapKeySeed?: string
  /** Addresses to join by; with a bootstrap node here, that one is used. */
  readonly bootstrap: readonly string[]
  readonly workers: readonly WorkerSpec[]
}

export interface StartedWorker {
  readonly name: string
  readonly peer: string
  readonly relayPort: number
}

/** Parent to host. */
export type HostCommand =
  | { readonly kind: 'start'; readonly spec: HostSpec }
  /** Time 0 of the away intervals. */
  | { readonly kind: 'go' }
  | { readonly kind: 'set-speed'; readonly worker: string; readonly factor: number }

/** Host to parent. */
export type HostReply =
  | { readonly kind: 'started'; readonly bootstrap: readonly string[]; readonly workers: readonly StartedWorker[] }
  | { readonly kind: 'failed'; readonly message: string }
