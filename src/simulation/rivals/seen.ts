import type { PeerId } from '../../job/decision.ts'
import { workTokens } from '../../job/job.ts'
import type { LoadReport, Success } from '../../job/outcome.ts'
import type { OutcomeObservation } from '../../peer/observation.ts'
import type { PeerTable } from '../../peer/peer-table.ts'

/** What a rule keeps of each peer, by peer id. */
export interface PeerStates<S> {
  /** How many peers it keeps something of. */
  readonly size: number
  /** The peer's state, new at the first call. */
  of(peer: PeerId): S
  find(peer: PeerId): S | undefined
  forget(peer: PeerId): void
}

/** States that are forgotten with their peer: when the table has become smaller, those of the peers that left it go. */
export function peerStates<S>(table: PeerTable, create: () => S): PeerStates<S> {
  const states = new Map<PeerId, S>()
  let tableSize = table.size
  const current = () => {
    if (table.size < tableSize) {
      for (const peer of states.keys()) if (!table.has(peer)) states.delete(peer)
    }
    tableSize = table.size
    return states
  }
  return {
    get size() {
      return current().size
    },
    of(peer) {
      const known = current().get(peer)
      if (known !== undefined) return known
      const made = create()
      states.set(peer, made)
      return made
    },
    find: (peer) => current().get(peer),
    forget: (peer) => void current().delete(peer)
  }
}

/** Tells every outcome of a job, after the table took it in. */
export function onOutcome(table: PeerTable, learn: (peer: PeerId, seen: OutcomeObservation, atMs: number) => void): void {
  table.subscribe((peer, observation, atMs) => {
    if (observation.kind === 'outcome') learn(peer, observation, atMs)
  })
}

/** Tells every load report, whether it was asked for or came with a reply. */
export function onLoad(table: PeerTable, learn: (peer: PeerId, load: LoadReport, atMs: number) => void): void {
  table.subscribe((peer, observation, atMs) => {
    if (observation.kind === 'load') learn(peer, observation.load, atMs)
    else if (observation.kind === 'outcome' && observation.outcome.load !== undefined) learn(peer, observation.outcome.load, atMs)
  })
}

/** What is said of a job that has ended, here and in its decision and record. */
type EndedJob = Pick<OutcomeObservation, 'promptTokens' | 'expectedOutputTokens' | 'outcome'>

/** Size of the job in work tokens: as it turned out where it succeeded, as expected where it failed. */
export function workOf({ outcome, promptTokens, expectedOutputTokens }: EndedJob): number {
  return workTokens(promptTokens, outcome.ok ? outcome.outputTokens : expectedOutputTokens)
}

/** @param leastFailureMs what a failure counts as, at least; @default 0, how long it took */
export function msPerWorkToken(job: EndedJob, leastFailureMs = 0): number {
  const { ok, durationMs } = job.outcome
  return (ok ? durationMs : Math.max(leastFailureMs, durationMs)) / workOf(job)
}

/** Decode speed over the whole job, tokens/s; a job that took no time counts as one of 1 ms. */
export function jobTokensPerSecond({ outputTokens, durationMs }: Success): number {
  return (1000 * outputTokens) / Math.max(1, durationMs)
}

/** A mean moved by `share` of the way to a sample, 0–1; the first sample is the mean. */
export function moved(mean: number | undefined, sample: number, share: number): number {
  return mean === undefined ? sample : mean * (1 - share) + sample * share
}
