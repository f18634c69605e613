import type { Decision, OutcomeRecord, PeerId } from '../../job/decision.ts'
import type { JobObserver } from '../../peer/ranker.ts'

/** What a rule does when something happens to a job. */
interface Listeners<N> {
  /** Notes a job of which nothing was noted when its peer was chosen. */
  readonly dispatched?: (decision: Decision) => N
  /** @param tokens that came now */
  readonly progressed?: (note: N, decision: Decision, tokens: number) => void
  /** Not of jobs that the client cancelled. */
  readonly learn?: (note: N, decision: Decision, record: OutcomeRecord) => void
}

/** What a rule noted of each job, from the dispatch to the end. */
export interface JobNotes<N> {
  /** Notes the job that is being ranked, and the peer that is to get it. */
  readonly note: (peer: PeerId, note: N) => void
  /** Of the jobs that are under way at the peer, oldest first. */
  readonly at: (peer: PeerId) => readonly N[]
  readonly jobs: JobObserver
}

export function jobNotes<N>({ dispatched, progressed, learn }: Listeners<N>): JobNotes<N> {
  const underWay = new Map<string, { readonly peer: PeerId; readonly note: N }>()
  let latest: { readonly peer: PeerId; readonly note: N } | undefined
  return {
    note(peer, note) {
      latest = { peer, note }
    },
    at: (peer) => [...underWay.values()].filter((job) => job.peer === peer).map(({ note }) => note),
    jobs: {
      dispatched(decision) {
        const { id, peer } = decision
        // The job may have gone to the choice of another arm.
        const note = latest?.peer === peer ? latest.note : dispatched?.(decision)
        if (note !== undefined) underWay.set(id, { peer, note })
        latest = undefined
      },
      progressed(decision, tokens) {
        const job = underWay.get(decision.id)
        if (job !== undefined) progressed?.(job.note, decision, tokens)
      },
      ended(decision, record) {
        const job = underWay.get(decision.id)
        underWay.delete(decision.id)
        if (job !== undefined && record !== undefined) learn?.(job.note, decision, record)
      }
    }
  }
}
