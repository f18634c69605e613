import { idlePeerScore } from '../../scoring/reported-metrics.ts'
import { rival, scoreEach } from './rule.ts'

/** Weight of the load in a peer's metric. */
const LOAD_WEIGHT = 2

/**
 * Peers are asked for their metric in random order; the first below 0.5 gets the job, otherwise the one with the lowest.
 *
 * Departures: the metric is 2 × the jobs that the peer has by its last report, for the load average, which is not divided by cores
 * either; bytes sent and written, which swamp it there, are not reported here. A router does not ask in the middle of a choice.
 * Who never reported ranks last; Pyrsia would give up when nobody did.
 */
export const pyrsia = rival(
  {
    id: 'pyrsia',
    title: 'Pyrsia idle peer',
    source: 'pyrsia/pyrsia, src/network/client.rs (get_idle_peer) and src/peer_metrics/metrics.rs at 43db0e5'
  },
  ({ table, rng }) =>
    scoreEach((row, { atMs }) => {
      const order = rng.next()
      const { load } = table.evidence(row, atMs)
      return idlePeerScore(load === undefined ? undefined : LOAD_WEIGHT * (load.running + load.queued), order)
    })
)
