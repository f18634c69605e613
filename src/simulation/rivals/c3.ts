import type { OutcomeObservation } from '../../peer/observation.ts'
import type { RivalComponents } from './rival.ts'
import { cheapest, eachCandidate, pickOne, rival, scoreEach } from './rule.ts'
import { moved, onOutcome, peerStates, type PeerStates, workOf } from './seen.ts'

/** What servers say with their replies, and how long these took; smoothed. */
interface Feedback {
  readonly responseMs: number
  readonly serviceMs: number
  readonly queue: number
}

/** Share of the newest reply in what is smoothed: in the paper's simulator, and in Elasticsearch (ALPHA). */
const PAPER_ALPHA = 0.9
const ELASTICSEARCH_ALPHA = 0.3

/** Time that the job would take at the speed that the peer reports; the whole time where it reports none. */
function serviceMsOf(seen: OutcomeObservation): number {
  const { durationMs, load } = seen.outcome
  if (load === undefined || !(load.tokensPerSecond > 0)) return durationMs
  return Math.min(durationMs, (1000 * workOf(seen)) / load.tokensPerSecond)
}

function smoothed(old: Feedback | undefined, sample: Feedback, alpha: number): Feedback {
  return {
    responseMs: moved(old?.responseMs, sample.responseMs, alpha),
    serviceMs: moved(old?.serviceMs, sample.serviceMs, alpha),
    queue: moved(old?.queue, sample.queue, alpha)
  }
}

/** Ψ = R − T + q̂³·T, ms */
export function psi({ responseMs, serviceMs }: Feedback, queueEstimate: number): number {
  return responseMs - serviceMs + queueEstimate ** 3 * serviceMs
}

interface Kept {
  feedback?: Feedback
}

export function collectFeedback({ table }: RivalComponents, alpha = PAPER_ALPHA): PeerStates<Kept> {
  const states = peerStates<Kept>(table, () => ({}))
  onOutcome(table, (peer, seen) => {
    if (!seen.outcome.ok) return
    const sample = {
      responseMs: seen.outcome.durationMs,
      serviceMs: serviceMsOf(seen),
      queue: seen.outcome.load?.queued ?? 0
    }
    const state = states.of(peer)
    state.feedback = smoothed(state.feedback, sample, alpha)
  })
  return states
}

/**
 * The lowest Ψ with q̂ = 1 + n·K + q̄: n own jobs in flight, K routers, q̄ the reported queue. Who gave no feedback yet goes first.
 *
 * Departures, for both: the service time is that of the job's size at the reported speed, as reports carry a speed and no time;
 * replies of failures say nothing. The paper's rate control is a rule of its own, c3-rate.
 */
export const c3 = rival(
  {
    id: 'c3',
    title: 'C3 (paper)',
    source: 'Suresh et al. 2015 (C3, NSDI), section 3.1; lalithsuresh/absim, simulations/client.py (expDelay) at 0aa4347'
  },
  (components) => {
    const { table, routers = 1 } = components
    const states = collectFeedback(components)
    return scoreEach((row) => {
      const feedback = states.find(table.peerAt(row))?.feedback
      return feedback === undefined ? 0 : -psi(feedback, 1 + table.inFlight(row) * routers + feedback.queue)
    })
  }
)

/** Those that lost drift towards the one that won, so that they get another chance. Queues and ranks are whole numbers there. */
function adjust(loser: Kept, winner: Feedback): void {
  const own = loser.feedback
  if (own === undefined) return
  const between = {
    responseMs: (own.responseMs + winner.responseMs) / 2,
    serviceMs: (own.serviceMs + winner.serviceMs) / 2,
    queue: Math.floor((Math.floor(own.queue) + Math.floor(winner.queue)) / 2)
  }
  loser.feedback = smoothed(own, between, ELASTICSEARCH_ALPHA)
}

/** The same in Elasticsearch: K is the number of nodes that gave feedback, and the losers' statistics are adjusted at every choice. */
export const c3Elasticsearch = rival(
  {
    id: 'c3-es',
    title: 'C3 (Elasticsearch adaptive replica selection)',
    source:
      'elastic/elasticsearch, node/ResponseCollectorService.java at 122855a and cluster/routing/IndexShardRoutingTable.java at 0119533'
  },
  (components) => {
    const { table, rng } = components
    const states = collectFeedback(components, ELASTICSEARCH_ALPHA)
    return pickOne((view) => {
      const kept = eachCandidate(view, (row) => states.find(table.peerAt(row)) ?? {})
      const winner = cheapest(rng, view.count, (i) => {
        const { feedback } = kept[i]
        if (feedback === undefined) return -Infinity
        return psi(feedback, 1 + table.inFlight(view.rows[i]) * states.size + Math.floor(feedback.queue))
      })
      const { feedback } = kept[winner]
      if (feedback !== undefined) for (const [i, loser] of kept.entries()) if (i !== winner) adjust(loser, feedback)
      return winner
    })
  }
)
