import type { PeerId } from '../../job/decision.ts'
import type { Job } from '../../job/job.ts'
import type { OutcomeObservation } from '../../peer/observation.ts'
import type { CandidateView } from '../../peer/ranker.ts'
import type { PeerTable } from '../../peer/peer-table.ts'
import { peerStates } from './seen.ts'

/** A job that a rule sent, with what the rule noted then. */
interface Dispatched<N> {
  readonly promptTokens: number
  readonly expectedOutputTokens: number
  readonly inFlight: number
  /** ms since the epoch */
  readonly atMs: number
  readonly note: N
}

/** What a rule noted when it sent a job, kept until the outcome. */
export interface Dispatches<N> {
  /** The candidate gets the job. */
  send(index: number, view: CandidateView, job: Job, note: N): void
  /** The note of the job that ended so; undefined where it is not known which. */
  end(peer: PeerId, seen: OutcomeObservation): N | undefined
  /** Jobs under way, oldest first. */
  at(peer: PeerId): readonly Dispatched<N>[]
}

/** An outcome does not name its job, so jobs are told apart by size and by how many were there when they came. */
export function dispatches<N>(table: PeerTable): Dispatches<N> {
  const sent = peerStates<Dispatched<N>[]>(table, () => [])
  return {
    send(index, { rows, atMs }, { promptTokens, expectedOutputTokens }, note) {
      const row = rows[index]
      const inFlight = table.inFlight(row)
      const jobs = sent.of(table.peerAt(row))
      // Jobs that were cancelled have no outcome: more than are under way cannot be.
      jobs.splice(0, Math.max(0, jobs.length - inFlight))
      jobs.push({ promptTokens, expectedOutputTokens, inFlight, atMs, note })
    },
    end(peer, { promptTokens, expectedOutputTokens, inFlightAtDispatch }) {
      const jobs = sent.of(peer)
      const index = jobs.findIndex(
        (job) =>
          job.promptTokens === promptTokens &&
          job.expectedOutputTokens === expectedOutputTokens &&
          job.inFlight === inFlightAtDispatch
      )
      return index < 0 ? undefined : jobs.splice(index, 1)[0].note
    },
    at(peer) {
      const jobs = sent.find(peer) ?? []
      return jobs.slice(Math.max(0, jobs.length - table.inFlight(table.rowOf(peer))))
    }
  }
}
