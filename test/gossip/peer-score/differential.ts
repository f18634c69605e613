import fc from 'fast-check'
import { expect } from 'vitest'
import { type PeerScoreOptions, peerScores } from '../../../src/gossip/peer-score/peer-score.ts'
import type { PeerScoreParams } from '../../../src/gossip/score-params.ts'
import { PEERS, peerParams, timedEvents, type TimedEvent } from './arbitraries.ts'
import { type LibraryClock, LibraryScores, withLibraryClock } from './library.ts'

const TOLERANCE = 1e-9

/** What happens, and under which parameters. */
interface Case {
  readonly params: PeerScoreParams
  readonly events: readonly TimedEvent[]
  readonly options: PeerScoreOptions
}

/** Lets the same happen to the model and to the library, and holds their scores against each other after every event. */
function compare({ params, events, options }: Case, clock: LibraryClock): void {
  const model = peerScores(params, options)
  const library = new LibraryScores(params)
  for (const { afterMs, event } of events) {
    clock.nowMs += afterMs
    model.apply(event, clock.nowMs)
    library.apply(event)
    for (const peer of PEERS) {
      const [ours, theirs] = [model.score(peer), library.score(peer)]
      const difference = Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs))
      if (!(difference <= TOLERANCE)) expect.fail(`${peer} after ${JSON.stringify(event)}: model ${ours}, library ${theirs}`)
    }
  }
}

export interface ComparisonOptions {
  /** Sequences of events, each under parameters of its own. */
  readonly runs: number
  readonly seed: number
}

/** @throws where a score differs by more than 1e-9 of it */
export function compareWithLibrary({ runs, seed }: ComparisonOptions, options: PeerScoreOptions = { variant: 'js' }): void {
  withLibraryClock((clock) => {
    fc.assert(
      fc.property(peerParams, timedEvents(60), (params, events) => {
        compare({ params, events, options }, clock)
      }),
      // A counter-example says enough as it is.
      { numRuns: runs, seed, endOnFailure: true }
    )
  })
}
