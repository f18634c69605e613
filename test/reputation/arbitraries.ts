import fc from 'fast-check'
import type { PeerTally, Summary } from '../../src/reputation/summary.ts'
import type { Tally } from '../../src/reputation/tally.ts'

export const NOW_MS = 1_700_000_000_000

/** Any sums that a router may tell. */
export const tallies: fc.Arbitrary<Tally> = fc
  .record({
    successes: fc.double({ min: 0, max: 1e6, noNaN: true }),
    failures: fc.double({ min: 0, max: 1e6, noNaN: true }),
    paced: fc.double({ min: 0, max: 1, noNaN: true }),
    logPace: fc.double({ min: Math.log(1e-3), max: Math.log(1e6), noNaN: true })
  })
  .map(({ successes, failures, paced, logPace }) => ({
    successes,
    failures,
    paceWeight: paced * successes,
    paceSum: paced * successes * logPace
  }))

function peersOf(names: readonly string[]): fc.Arbitrary<PeerTally[]> {
  return fc
    .uniqueArray(fc.constantFrom(...names))
    .chain((chosen) => fc.tuple(...[...chosen].sort().map((peer) => tallies.map((tally): PeerTally => ({ peer, ...tally })))))
}

export interface SummaryChoice {
  readonly routers?: readonly string[]
  readonly peers?: readonly string[]
}

/** Summaries of a few routers, with sequences that often collide. */
export function summaries({ routers = ['r1', 'r2', 'r3'], peers = ['a', 'b', 'c'] }: SummaryChoice = {}): fc.Arbitrary<Summary> {
  return fc.record({
    router: fc.constantFrom(...routers),
    sequence: fc.integer({ min: 1, max: 4 }),
    atMs: fc.integer({ min: NOW_MS - 60_000, max: NOW_MS }),
    peers: peersOf(peers)
  })
}

/** A summary of one peer. */
export function summaryOf(router: string, over: Partial<PeerTally> = {}, sequence = 1, atMs = NOW_MS): Summary {
  const tally = { peer: 'peer', successes: 10, failures: 0, paceWeight: 10, paceSum: 10 * Math.log(20), ...over }
  return { router, sequence, atMs, peers: [tally] }
}
