import type { LoadReport } from '../../job/outcome.ts'
import { rival } from './rule.ts'
import { peerStates } from './seen.ts'

/** Weights of the queue scorer and of the scorer for free KV cache. */
const QUEUE_WEIGHT = 2
const CACHE_WEIGHT = 2

/** A server that was never scraped looks empty. */
const EMPTY: LoadReport = { slots: 1, running: 0, queued: 0, tokensPerSecond: 0 }

/**
 * 2 × the queue scaled between the shortest and the longest + 2 × the free share, on the last snapshot of each peer.
 *
 * Departures: busy slots stand for the use of the KV cache; the third scorer, for cached prefixes, has weight 0 as prompts have
 * nothing in common. Snapshots are the router's regular load probes, as old as those are, where the gateway scrapes every 50 ms;
 * what comes with replies is not used, as there.
 */
export const gieWeighted = rival(
  {
    id: 'gie-weighted',
    title: 'Gateway API inference extension, weighted scorers',
    source:
      'kubernetes-sigs/gateway-api-inference-extension, pkg/epp/scheduling/framework/plugins/scorer/{queue,kvcache_utilization}.go'
  },
  ({ table }) => {
    const snapshots = peerStates<{ load?: LoadReport }>(table, () => ({}))
    table.subscribe((peer, observation) => {
      if (observation.kind === 'load') snapshots.of(peer).load = observation.load
    })
    return ({ rows, count }, _job, into) => {
      const loads = Array.from(rows.subarray(0, count), (row) => snapshots.find(table.peerAt(row))?.load ?? EMPTY)
      const queues = loads.map(({ queued }) => queued)
      const longest = queues.reduce((most, queue) => Math.max(most, queue), 0)
      const shortest = queues.reduce((least, queue) => Math.min(least, queue), Infinity)
      for (const [i, { slots, running, queued }] of loads.entries()) {
        const queueScore = longest > shortest ? (longest - queued) / (longest - shortest) : 1
        const freeRatio = 1 - Math.min(1, running / Math.max(1, slots))
        into[i] = QUEUE_WEIGHT * queueScore + CACHE_WEIGHT * freeRatio
      }
    }
  }
)
