import { bitswap } from './bitswap.ts'
import { c3, c3Elasticsearch } from './c3.ts'
import { crowdllamaMain, sedClaimed } from './claimed-speed.ts'
import { epsilonGreedy1, epsilonGreedy5 } from './epsilon-greedy.ts'
import { ewmaPerToken } from './ewma-per-token.ts'
import { gieWeighted } from './gie.ts'
import { lassie, lassieCorrected } from './lassie.ts'
import { litellmLowestLatency } from './litellm.ts'
import { livepeer } from './livepeer.ts'
import { random, roundRobin } from './load-oblivious.ts'
import { leastOutstanding, p2c } from './outstanding.ts'
import { peakEwma, peakEwmaLinkerd, peakEwmaToken } from './peak-ewma.ts'
import { peerThompson } from './peer-thompson.ts'
import { petals } from './petals.ts'
import { prequal, prequalIdle } from './prequal.ts'
import { pyrsia } from './pyrsia.ts'
import type { Rival } from './rival.ts'
import { seedRoulettes } from './seed-roulette.ts'
import { storj } from './storj.ts'
import { weightedRoundRobin } from './weighted-round-robin.ts'

/** Every published rule that competes, from the simplest to the learners. Ids differ. */
export const RIVALS: readonly Rival[] = [
  random,
  roundRobin,
  weightedRoundRobin,
  leastOutstanding,
  p2c,
  peakEwma,
  peakEwmaLinkerd,
  peakEwmaToken,
  c3,
  c3Elasticsearch,
  prequal,
  prequalIdle,
  ewmaPerToken,
  litellmLowestLatency,
  crowdllamaMain,
  sedClaimed,
  petals,
  lassie,
  lassieCorrected,
  bitswap,
  storj,
  livepeer,
  gieWeighted,
  pyrsia,
  ...seedRoulettes,
  epsilonGreedy1,
  epsilonGreedy5,
  peerThompson
]
