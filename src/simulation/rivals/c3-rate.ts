import { collectFeedback, psi } from './c3.ts'
import { cheapest, eachCandidate, pickOne, rival } from './rule.ts'
import { moved, onOutcome, peerStates } from './seen.ts'

/** Times below are of the paper's servers, which take 4 ms; they are stretched to the time that jobs take here. */
const PAPER_SERVICE_MS = 4
/** Window of rates (δ). Rates are jobs a window. */
const WINDOW_MS = 20
/** The first rate, and the most jobs at once. */
const FIRST_RATE = 10
/** The cubic growth (C), the factor of a decrease (β), the largest step up (Smax), the least rate. */
const CUBIC = 4e-6
const DECREASE = 0.2
const LARGEST_STEP = 10
const LEAST_RATE = 0.01
/** Windows after an increase in which there is no decrease. */
const PATIENCE = 2
/** Share of the newest window in the rate of replies, and of the newest reply in the time that jobs take. */
const RECEIVED_SHARE = 0.1
const SERVICE_SHARE = 0.1

/** What may be sent to a peer. Times in paper's ms. */
class RateControl {
  #rate = FIRST_RATE
  #tokens = FIRST_RATE
  #tokensAtMs = 0
  /** The rate before the last decrease. */
  #before = FIRST_RATE
  #decreasedAtMs = 0
  #increasedAtMs = 0
  #received = 0
  #inWindow = 0
  #windowAtMs = 0

  tokens(nowMs: number): number {
    return Math.min(FIRST_RATE, this.#tokens + (this.#rate / WINDOW_MS) * Math.max(0, nowMs - this.#tokensAtMs))
  }

  send(nowMs: number): void {
    this.#tokens = Math.max(0, this.tokens(nowMs) - 1)
    this.#tokensAtMs = nowMs
  }

  reply(nowMs: number): void {
    this.#tokens = this.tokens(nowMs)
    this.#tokensAtMs = nowMs
    this.#closeWindows(nowMs)
    this.#inWindow += 1
    if (this.#rate < this.#received) {
      const sinceMs = nowMs - this.#decreasedAtMs
      const grown = CUBIC * (sinceMs - Math.cbrt((this.#before * DECREASE) / CUBIC)) ** 3 + this.#before
      this.#rate = Math.max(LEAST_RATE, Math.min(grown, this.#rate + LARGEST_STEP))
      this.#increasedAtMs = nowMs
    } else if (this.#received > 0 && this.#rate > this.#received && nowMs - this.#increasedAtMs > PATIENCE * WINDOW_MS) {
      this.#before = this.#rate
      this.#rate = Math.max(LEAST_RATE, this.#rate * DECREASE)
      this.#decreasedAtMs = nowMs
    }
  }

  #closeWindows(nowMs: number): void {
    const windows = Math.floor((nowMs - this.#windowAtMs) / WINDOW_MS)
    if (windows <= 0) return
    this.#received = moved(this.#received, this.#inWindow, RECEIVED_SHARE) * (1 - RECEIVED_SHARE) ** (windows - 1)
    this.#inWindow = 0
    this.#windowAtMs += windows * WINDOW_MS
  }
}

/**
 * The lowest Ψ among those that may be sent a job by their rate; a peer above its rate sorts last.
 *
 * Departures beside those of c3: where every peer is above its rate the lowest Ψ gets the job, and the paper's router waits. Rates are
 * adjusted as in its simulator, all times multiplied by what jobs take here over the 4 ms that they take there.
 */
export const c3Rate = rival(
  {
    id: 'c3-rate',
    title: 'C3 with rate control (paper)',
    source: 'Suresh et al. 2015 (C3, NSDI), section 3.2; lalithsuresh/absim, simulations/client.py (updateRates) at 0aa4347'
  },
  (components) => {
    const { table, rng, routers = 1 } = components
    const states = collectFeedback(components)
    const rates = peerStates(table, () => new RateControl())
    let serviceMs: number | undefined
    /** Grows with the clock, faster the less time jobs take. */
    let paperMs = 0
    let lastMs: number | undefined
    const toPaper = (atMs: number): number => {
      const elapsedMs = Math.max(0, atMs - (lastMs ?? atMs))
      if (serviceMs !== undefined) paperMs += (elapsedMs * PAPER_SERVICE_MS) / Math.max(1, serviceMs)
      lastMs = Math.max(atMs, lastMs ?? atMs)
      return paperMs
    }
    onOutcome(table, (peer, { outcome }, atMs) => {
      const nowMs = toPaper(atMs)
      const feedback = states.find(peer)?.feedback
      if (!outcome.ok || feedback === undefined) return
      serviceMs = moved(serviceMs, feedback.serviceMs, SERVICE_SHARE)
      rates.of(peer).reply(nowMs)
    })
    return pickOne((view) => {
      const nowMs = toPaper(view.atMs)
      const costs = eachCandidate(view, (row) => {
        const feedback = states.find(table.peerAt(row))?.feedback
        return feedback === undefined ? 0 : psi(feedback, 1 + table.inFlight(row) * routers + feedback.queue)
      })
      const within = eachCandidate(view, (row) => rates.of(table.peerAt(row)).tokens(nowMs) >= 1)
      const anyWithin = within.includes(true)
      const chosen = cheapest(rng, view.count, (i) => (within[i] || !anyWithin ? costs[i] : Infinity))
      rates.of(table.peerAt(view.rows[chosen])).send(nowMs)
      return chosen
    })
  }
)
