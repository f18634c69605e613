import { meanOf } from '../../math/quantile.ts'
import { cheapest, eachCandidate, pickOne, rival } from './rule.ts'
import { moved, onOutcome, peerStates, workOf } from './seen.ts'

/** Share of the newest delivery in a peer's capacity. */
const IMPACT = 0.1

/**
 * The idle peer with the highest capacity, in work tokens/s smoothed over its deliveries; when none is idle, the highest of those
 * with the fewest own jobs. A peer that delivers nothing has capacity 0 from then on, a new one the mean of the others.
 *
 * Departures: Ethereum cuts requests to what a peer can deliver within a target round trip, a capacity rounded up and raised by 1 %
 * and one item so that no peer is stuck low; jobs come as they are, so the capacity orders the peers and no more, and the target,
 * which is the same for all, does not show. There a peer never has two requests of a kind.
 */
export const msgrate = rival(
  {
    id: 'msgrate',
    title: 'go-ethereum message rates',
    source: 'ethereum/go-ethereum, p2p/msgrate/msgrate.go at 0b56af5 and eth/downloader (idle peers by capacity)'
  },
  ({ table, rng }) => {
    const trackers = peerStates<{ capacity?: number }>(table, () => ({}))
    const meanCapacity = () => {
      const known = [...table.peers()].map((peer) => trackers.find(peer)?.capacity).filter((capacity) => capacity !== undefined)
      return known.length > 0 ? meanOf(known) : undefined
    }
    onOutcome(table, (peer, seen) => {
      const tracker = trackers.of(peer)
      const { ok, durationMs } = seen.outcome
      const delivered = (1000 * workOf(seen)) / Math.max(1, durationMs)
      tracker.capacity = ok ? moved(tracker.capacity ?? meanCapacity(), delivered, IMPACT) : 0
    })
    return pickOne((view) => {
      const usual = meanCapacity() ?? 0
      const inFlight = eachCandidate(view, (row) => table.inFlight(row))
      const fewest = inFlight.reduce((least, jobs) => Math.min(least, jobs), Infinity)
      return cheapest(rng, view.count, (i) => {
        if (inFlight[i] > fewest) return Infinity
        return -(trackers.find(table.peerAt(view.rows[i]))?.capacity ?? usual)
      })
    })
  }
)
