import type { PeerId } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { JobEvent, Prompt, RunOptions } from '../router/job-router.ts'

export interface ServedModel {
  readonly name: string
  /** Peers that serve it now, ≥ 1. */
  readonly peers: number
}

/** A peer as CrowdLlama's health route tells of it. */
export interface ServedPeer {
  readonly id: PeerId
  readonly healthy: boolean
  readonly models: readonly string[]
  readonly gpu?: string
  /** ms since the epoch */
  readonly lastSeenMs?: number
  readonly lastFailureMs?: number
  /** Failures in a row, ≥ 0. */
  readonly failures?: number
}

/** What the gateway needs of a router. */
export interface GatewayService {
  /** Models that somebody serves now. */
  models(): readonly ServedModel[]
  /** Whether somebody serves the model now: asked with every request. */
  serves(model: string): boolean
  /** Whether somebody who is away may serve the model again: who asks for it is to come again. @default nobody */
  knows?(model: string): boolean
  /** As {@link JobRouter.run}. */
  run(job: Job, prompt: Prompt, options: RunOptions): AsyncIterable<JobEvent>
  /** How a peer is called in headers, logs and metrics. */
  nameOf(peer: PeerId): string
  /** Price of a million output tokens, where it is configured. */
  priceOf(peer: PeerId): number | undefined
  /** Whether jobs can be run now. */
  ready(): boolean
  /** For `GET /api/health`. @default nobody is told of */
  peers?(): readonly ServedPeer[]
}
