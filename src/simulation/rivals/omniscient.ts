import { workTokens } from '../../job/job.ts'
import type { PeerId } from '../../job/decision.ts'
import type { CandidateView, Ranker } from '../../peer/ranker.ts'
import type { ResolvedBatchingEngineOptions } from '../engine/engine-options.ts'
import type { PeerTruth, VirtualPeer } from '../virtual/virtual-peer.ts'

/** Below anything that a peer which serves can get. */
const NOT_SERVING = -Number.MAX_VALUE

/** True length of a job's answer: bounds may know it, routers know the limit that was asked for. */
export type TrueOutputTokens = (jobId: string) => number

/**
 * When a job would be done that comes to an engine now, ms, if nothing came after it and the speed stayed: the engine's own
 * processor sharing, event by event.
 * @param backlog work left of the jobs before it, in tokens, in the order in which they get slots
 * @param work its own, tokens
 * @param tokensPerSecond of a job that runs alone
 */
export function completionMs(
  backlog: readonly number[],
  work: number,
  engine: Pick<ResolvedBatchingEngineOptions, 'slots' | 'slowdown'>,
  tokensPerSecond: number
): number {
  if (!(tokensPerSecond > 0)) return Infinity
  const waiting = [...backlog, work]
  const own = backlog.length
  const running: { readonly index: number; left: number }[] = []
  let next = 0
  let atMs = 0
  for (;;) {
    while (running.length < engine.slots && next < waiting.length) running.push({ index: next, left: waiting[next++] })
    const least = running.reduce((first, job) => (job.left < first.left ? job : first))
    const perMs = tokensPerSecond / (1 + engine.slowdown * (running.length - 1)) / 1000
    atMs += least.left / perMs
    if (least.index === own) return atMs
    const done = least.left
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
          const candidates = Array.from(view.rows.subarray(0, view.count)).flatMap((row) => candidateOf(view, row))
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

function delayMs({ truth, rttMs }: Candidate, work: number): number {
  if (!truth.serving || isFull(truth)) return Infinity
  return rttMs + completionMs(truth.backlog(), work, truth.engine, truth.tokensPerSecond())
}

/** A job that fails does so half-way on average, and then takes as long as the best peer needs. */
function expectedDelays(candidates: readonly Candidate[], work: number): number[] {
  const delays = candidates.map((candidate) => delayMs(candidate, work))
  const bestMs = Math.min(...delays)
  return delays.map((ms, i) => {
    const { failureRatio } = candidates[i].truth.engine
    return (1 - failureRatio) * ms + (failureRatio > 0 ? failureRatio * (ms / 2 + bestMs) : 0)
  })
}

/**
 * Selfish: what is best for one job. A rule that spares the others can be a little better for all.
 */
export const OMNISCIENT_SED = bound(
  'omniscient-sed',
  'Shortest expected delay by true present speed, queue, size and share of failures',
  expectedDelays
)

export const BOUNDS: readonly Bound[] = [
  OMNISCIENT_SED,
  bound('omniscient-jsq', 'Fewest jobs, running and waiting, by the true count', (candidates) =>
    candidates.map(({ truth }) => (isFull(truth) ? Infinity : truth.backlog().length))
  )
]
