import type { LoadReport } from '../../job/outcome.ts'
import type { Ranker } from '../../peer/ranker.ts'
import type { RivalComponents } from './rival.ts'
import { eachCandidate, rival, rouletteScore } from './rule.ts'
import { peerStates } from './seen.ts'

/** Weights of the queue scorer and of the scorer for free KV cache. */
const QUEUE_WEIGHT = 2
const CACHE_WEIGHT = 2

/** A server that was never scraped looks empty. */
const EMPTY: LoadReport = { slots: 1, running: 0, queued: 0, tokensPerSecond: 0 }

interface GieParameters {
  /** A snapshot is not replaced before it is so old. @default 0, every probe replaces it */
  readonly scrapeIntervalMs?: number
  /** The score by which candidates are ordered, from their points. */
  readonly scoreOf: (points: number) => number
}

interface Snapshot {
  readonly load: LoadReport
  readonly atMs: number
}

function gieRule({ table }: RivalComponents, { scrapeIntervalMs = 0, scoreOf }: GieParameters): Ranker['rank'] {
  const snapshots = peerStates<{ last?: Snapshot }>(table, () => ({}))
  table.subscribe((peer, observation, atMs) => {
    if (observation.kind !== 'load') return
    const kept = snapshots.of(peer)
    if (kept.last === undefined || atMs - kept.last.atMs >= scrapeIntervalMs) kept.last = { load: observation.load, atMs }
  })
  return (view, _job, into) => {
    const loads = eachCandidate(view, (row) => snapshots.find(table.peerAt(row))?.last?.load ?? EMPTY)
    const queues = loads.map(({ queued }) => queued)
    const longest = queues.reduce((most, queue) => Math.max(most, queue), 0)
    const shortest = queues.reduce((least, queue) => Math.min(least, queue), Infinity)
    for (const [i, { slots, running, queued }] of loads.entries()) {
      const queueScore = longest > shortest ? (longest - queued) / (longest - shortest) : 1
      const freeRatio = 1 - Math.min(1, running / Math.max(1, slots))
      into[i] = scoreOf(QUEUE_WEIGHT * queueScore + CACHE_WEIGHT * freeRatio)
    }
  }
}

const best: Pick<GieParameters, 'scoreOf'> = { scoreOf: (points) => points }

/**
 * 2 × the queue scaled between the shortest and the longest + 2 × the free share, on the last snapshot of each peer.
 *
 * Departures: busy slots stand for the use of the KV cache; the third scorer, for cached prefixes, has weight 0 as prompts have
 * nothing in common. Snapshots are what the router's load probes and answers on their way tell, as old as that is, where the gateway
 * scrapes every 50 ms; what comes with an outcome is not used.
 */
export const gieWeighted = rival(
  {
    id: 'gie-weighted',
    title: 'Gateway API inference extension, weighted scorers',
    source:
      'kubernetes-sigs/gateway-api-inference-extension, pkg/epp/scheduling/framework/plugins/scorer/{queue,kvcache_utilization}.go'
  },
  (components) => gieRule(components, best)
)

/** The same on snapshots that are replaced every 10 s, however often the router probes. */
export const gieWeightedStale = rival(
  {
    id: 'gie-weighted-stale',
    title: 'Gateway API inference extension, snapshots of 10 s',
    source:
      'kubernetes-sigs/gateway-api-inference-extension, pkg/epp/scheduling/framework/plugins/scorer/{queue,kvcache_utilization}.go'
  },
  (components) => gieRule(components, { ...best, scrapeIntervalMs: 10_000 })
)

/** The same with a roulette on the points (U^(1/w), A-Res) in place of the highest. */
export const gieWeightedRandom = rival(
  {
    id: 'gie-weighted-random',
    title: 'Gateway API inference extension, weighted-random picker',
    source:
      'kubernetes-sigs/gateway-api-inference-extension, pkg/epp/scheduling/framework/plugins/picker (weighted-random-picker)'
  },
  (components) => gieRule(components, { scoreOf: (points) => rouletteScore(components.rng, points) })
)
