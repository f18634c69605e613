import { workTokens } from '../../job/job.ts'
import type { PeerId } from '../../job/decision.ts'
import type { CandidateView, Ranker } from '../../peer/ranker.ts'
import type { ResolvedBatchingEngineOptions } from '../engine/engine-options.ts'
import type { PeerTruth, VirtualPeer } from '../virtual/virtual-peer.ts'
import { eachCandidate } from './rule.ts'

/** Below anything that a peer which serves can get. */
const NOT_SERVING = -Number.MAX_VALUE

/** True length of a job's answer: bounds may know it, routers know the limit that was asked for. */
export type TrueOutputTokens = (jobId: string) => number

/**
 * When each job of an engine would be done, ms from now, if none came after them and the speed stayed: the engine's own processor
 * sharing, event by event.
 * @param jobs work left of each, in tokens, in the order in which they get slots
 * @param tokensPerSecond of a job that runs alone
 */
export function completionsMs(
  jobs: readonly number[],
  { slots, slowdown }: Pick<ResolvedBatchingEngineOptions, 'slots' | 'slowdown'>,
  tokensPerSecond: number
): number[] {
  const doneMs = jobs.map(() => Infinity)
  if (!(tokensPerSecond > 0)) return doneMs
  const running: { readonly index: number; left: number }[] = []
  let next = 0
  let atMs = 0
  for (;;) {
    while (running.length < slots && next < jobs.length) running.push({ index: next, left: jobs[next++] })
    if (running.length === 0) return doneMs
    const least = running.reduce((first, job) => (job.left < first.left ? job : first))
    const perMs = tokensPerSecond / (1 + slowdown * (running.length - 1)) / 1000
    const done = least.left
    atMs += done / perMs
    doneMs[least.index] = atMs
    for (const job of running) job.left -= done
    running.splice(running.indexOf(least), 1)
  }
}

/** A bound: what a router could do that knew the truth. */
export interface Bound {
  readonly id: string
  readonly title: string
  create(peers: readonly VirtualPeer[], outputTokensOf: TrueOutputTokens): Ranker
}

interface Candidate {
  readonly truth: PeerTruth
  /** As the router measured it, ms. */
  readonly rttMs: number
}

type Costs = (candidates: readonly Candidate[], work: number) => readonly number[]

/** Ranks by what is true, least cost first; a peer that would not run the job now comes last. */
function bound(id: string, title: string, costsOf: Costs): Bound {
  return {
    id,
    title,
    create(peers, outputTokensOf) {
      const truths = new Map<PeerId, PeerTruth>(peers.map((peer) => [peer.id, peer.truth]))
      const candidateOf = ({ table, atMs }: CandidateView, row: number): Candidate[] => {
        const truth = truths.get(table.peerAt(row))
        return truth === undefined ? [] : [{ truth, rttMs: table.evidence(row, atMs).roundTrip.meanMs ?? 0 }]
      }
      return {
        arms: [id],
        rank(view, job, into) {
          const candidates = eachCandidate(view, (row) => candidateOf(view, row)).flat()
          const costs = costsOf(candidates, workTokens(job.promptTokens, outputTokensOf(job.id)))
          for (let i = 0; i < view.count; i++) {
            into[i] = candidates[i].truth.serving && costs[i] < Infinity ? -costs[i] : NOT_SERVING
          }
        }
      }
    }
  }
}

function isFull(truth: PeerTruth): boolean {
  return truth.backlog().length >= truth.engine.slots + truth.engine.queueLimit
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** What a job that came now would cost at a candidate, ms. */
type Cost = (candidate: Candidate, work: number) => number

/** The time that it would take itself. */
function ownDelayMs({ truth, rttMs }: Candidate, work: number): number {
  const doneMs = completionsMs([...truth.backlog(), work], truth.engine, truth.tokensPerSecond())
  return rttMs + doneMs[doneMs.length - 1]
}

/** That, and what it delays the jobs that are there: how much later they would be done with it than without. */
function socialDelayMs({ truth, rttMs }: Candidate, work: number): number {
  const backlog = truth.backlog()
  const completed = (jobs: readonly number[]) => sumOf(completionsMs(jobs, truth.engine, truth.tokensPerSecond()))
  const without = completed(backlog)
  return without < Infinity ? rttMs + completed([...backlog, work]) - without : Infinity
}

/** A job that fails does so half-way on average, and then costs as much as at the best peer. */
function expected(costOf: Cost): Costs {
  return (candidates, work) => {
    const costs = candidates.map((candidate) => {
      const { truth } = candidate
      return truth.serving && !isFull(truth) ? costOf(candidate, work) : Infinity
    })
    const best = Math.min(...costs)
    return costs.map((cost, i) => {
      const { failureRatio } = candidates[i].truth.engine
      return (1 - failureRatio) * cost + (failureRatio > 0 ? failureRatio * (cost / 2 + best) : 0)
    })
  }
}

/**
 * Selfish: what is best for one job. A rule that spares the others can be a little better for all.
 */
export const OMNISCIENT_SED = bound(
  'omniscient-sed',
  'Shortest expected delay by true present speed, queue, size and share of failures',
  expected(ownDelayMs)
)

/** Not selfish: what a job costs all, itself and those that it finds. Jobs that are still to come do not count. */
const OMNISCIENT_SOCIAL = bound(
  'omniscient-social',
  'Least delay of the job and of those that it slows, by true present speed, queue, sizes and share of failures',
  expected(socialDelayMs)
)

export const BOUNDS: readonly Bound[] = [
  OMNISCIENT_SED,
  OMNISCIENT_SOCIAL,
  bound('omniscient-jsq', 'Fewest jobs, running and waiting, by the true count', (candidates) =>
    candidates.map(({ truth }) => (isFull(truth) ? Infinity : truth.backlog().length))
  )
]
