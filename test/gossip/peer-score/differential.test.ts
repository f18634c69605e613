import { describe, expect, it } from 'vitest'
import type { ScoreRules } from '../../../src/gossip/peer-score/score-rules.ts'
import { compareWithLibrary } from './differential.ts'

const RUNS = 10_000
const SEED = 20200318

describe('the model beside PeerScore of @libp2p/gossipsub', () => {
  it(`gives every peer the same score after every event of ${RUNS.toLocaleString('en')} random sequences`, () => {
    compareWithLibrary({ runs: RUNS, seed: SEED })
  })

  it.each<Partial<ScoreRules>>([{ timeInMesh: 'whole' }, { activeAfterPrune: true }, { onReconnect: 'keep' }])(
    'would not, were one of its rules another: %j',
    (rules) => {
      expect(() => {
        compareWithLibrary({ runs: RUNS, seed: SEED }, { variant: 'js', rules })
      }).toThrow(/Property failed/)
    }
  )
})
