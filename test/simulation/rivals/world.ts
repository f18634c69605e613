import { pcg32, type Rng } from '../../../src/core/rng.ts'
import { manualClock } from '../../../src/core/clock.ts'
import { DEFAULT_OBJECTIVE, reward } from '../../../src/job/objective.ts'
import type { Job } from '../../../src/job/job.ts'
import type { FailureReason, LoadReport } from '../../../src/job/outcome.ts'
import type { Claims, OutcomeObservation } from '../../../src/peer/observation.ts'
import { type PeerTable, peerTable } from '../../../src/peer/peer-table.ts'
import type { Ranker } from '../../../src/peer/ranker.ts'
import type { Rival } from '../../../src/simulation/rivals/rival.ts'
import { decisionOf } from '../../prediction/support.ts'

export const JOB: Job = {
  id: 'job',
  model: 'model',
  workloadClass: 'batch',
  promptTokens: 0,
  expectedOutputTokens: 100,
  deadlineMs: 60_000
}

/** Draws the same number for ever: a roulette then goes to the heaviest. */
export const alwaysHalf: Rng = { next: () => 0.5 }

/** Draws the numbers of a list, one after the other. */
export function draws(...numbers: readonly number[]): Rng {
  const left = [...numbers]
  return {
    next() {
      const number = left.shift()
      if (number === undefined) throw new Error('no number left to draw')
      return number
    }
  }
}

export function load(report: Partial<LoadReport> = {}): LoadReport {
  return { slots: 4, running: 0, queued: 0, tokensPerSecond: 0, ...report }
}

export function claims(tokensPerSecond: number, loadRatio = 0): Claims {
  return { models: ['model'], tokensPerSecond, gpuModel: '', vramGb: 0, loadRatio }
}

interface SuccessFigures {
  readonly durationMs: number
  readonly firstTokenMs?: number
  readonly promptTokens?: number
  readonly outputTokens?: number
  readonly inFlightAtDispatch?: number
  readonly load?: LoadReport
}

export function success(figures: SuccessFigures): OutcomeObservation {
  const { durationMs, firstTokenMs = durationMs, promptTokens = 0, outputTokens = 100, inFlightAtDispatch = 0 } = figures
  const report = figures.load === undefined ? {} : { load: figures.load }
  const outcome = { ok: true, durationMs, firstTokenMs, outputTokens, ...report } as const
  return { kind: 'outcome', promptTokens, expectedOutputTokens: 100, inFlightAtDispatch, outcome }
}

export function failure(durationMs: number, reason: FailureReason = 'engine'): OutcomeObservation {
  const outcome = { ok: false, reason, durationMs } as const
  return { kind: 'outcome', promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0, outcome }
}

/** A job at a peer. */
export interface Sent {
  readonly peer: string
  readonly progress: (tokens: number, atMs?: number) => void
  /** @param seen undefined when the client cancels */
  readonly end: (seen: OutcomeObservation | undefined, atMs?: number) => void
}

/** Sends a job to a peer of the table, and tells table and ranker what the selector tells them. */
export function send(
  { table, ranker }: Pick<World, 'table' | 'ranker'>,
  { peer, job, atMs }: { readonly peer: string; readonly job: Job; readonly atMs: number }
): Sent {
  const decision = decisionOf(peer, job, { atMs })
  const inFlightAtDispatch = table.inFlight(table.rowOf(peer))
  table.addInFlight(table.rowOf(peer), 1)
  ranker.jobs?.dispatched(decision)
  return {
    peer,
    progress: (tokens, nowMs = atMs) => ranker.jobs?.progressed(decision, tokens, nowMs),
    end(seen, nowMs = atMs) {
      if (table.has(peer)) table.addInFlight(table.rowOf(peer), -1)
      if (seen === undefined) {
        ranker.jobs?.ended(decision, undefined)
        return
      }
      const { outcome } = seen
      const about = { ...seen, inFlightAtDispatch, decisionId: decision.id }
      table.observe(peer, about, nowMs)
      const earned = reward(DEFAULT_OBJECTIVE, about, outcome)
      const record = { decisionId: decision.id, atMs: nowMs, peer, inFlightAtDispatch, outcome, reward: earned }
      ranker.jobs?.ended(decision, record)
    }
  }
}

/** A rival with a table of its own, and what a test does with the two. */
export interface World {
  readonly table: PeerTable
  readonly ranker: Ranker
  /** Makes the peer have so many jobs of this router. */
  readonly setInFlight: (peer: string, count: number) => void
  /** Scores by peer, of all peers or some. */
  readonly scores: (atMs?: number, peers?: readonly string[]) => Record<string, number>
  /** The peer that is scored highest; the first of those where several are. */
  readonly choice: (atMs?: number, peers?: readonly string[]) => string
  /** Sends a job to the peer that is scored highest. */
  readonly send: (atMs?: number, job?: Partial<Job>) => Sent
  /** Peers from the highest score to the lowest. */
  readonly order: (atMs?: number) => string[]
  /** How often each peer is chosen. */
  readonly tally: (times: number, atMs?: number) => Record<string, number>
}

export function world(
  rival: Rival,
  peers: readonly string[],
  { rng = pcg32(1n), routers }: { readonly rng?: Rng; readonly routers?: number } = {}
): World {
  const table = peerTable()
  const ranker = rival.create({ table, rng, clock: manualClock(), ...(routers === undefined ? {} : { routers }) })
  for (const peer of peers) table.add(peer, 0)

  function scores(atMs = 0, of: readonly string[] = [...table.peers()], job = JOB): Record<string, number> {
    const rows = Int32Array.from(of, (peer) => table.rowOf(peer))
    const into = new Float64Array(of.length).fill(NaN)
    ranker.rank({ table, rows, count: of.length, atMs, retries: 2, seed: 0 }, job, into)
    return Object.fromEntries(of.map((peer, i) => [peer, into[i]]))
  }

  function order(atMs = 0, of?: readonly string[], job = JOB): string[] {
    const byPeer = Object.entries(scores(atMs, of, job))
    return byPeer.sort(([, a], [, b]) => b - a).map(([peer]) => peer)
  }

  return {
    table,
    ranker,
    setInFlight(peer, count) {
      const row = table.rowOf(peer)
      while (table.inFlight(row) < count) table.addInFlight(row, 1)
      while (table.inFlight(row) > count) table.addInFlight(row, -1)
    },
    scores: (atMs, of) => scores(atMs, of),
    choice: (atMs, of) => order(atMs, of)[0],
    send(atMs = 0, about = {}) {
      const job = { ...JOB, ...about }
      return send({ table, ranker }, { peer: order(atMs, undefined, job)[0], job, atMs })
    },
    order: (atMs) => order(atMs),
    tally(times, atMs = 0) {
      const counts = Object.fromEntries([...table.peers()].map((peer) => [peer, 0]))
      for (let i = 0; i < times; i += 1) counts[order(atMs)[0]] += 1
      return counts
    }
  }
}
