import { aibrixLeastLatency } from './aibrix.ts'
import { bitswap } from './bitswap.ts'
import { c3, c3Elasticsearch } from './c3.ts'
import { c3Rate } from './c3-rate.ts'
import { crowdllamaMain, sedClaimed } from './claimed-speed.ts'
import { dialogueBalanced } from './dialogue.ts'
import { dynamo } from './dynamo.ts'
import { envoyLeastRequest } from './envoy.ts'
import { epsilonGreedy1, epsilonGreedy5 } from './epsilon-greedy.ts'
import { ewmaPerToken } from './ewma-per-token.ts'
import { gieWeighted, gieWeightedRandom, gieWeightedStale } from './gie.ts'
import { lassie, lassieCorrected, lassieGreedy } from './lassie.ts'
import { linearThompson } from './linear-thompson.ts'
import { litellmLowestLatency } from './litellm.ts'
import { livepeer } from './livepeer.ts'
import { random, roundRobin } from './load-oblivious.ts'
import { msgrate } from './msgrate.ts'
import { noIdentity } from './no-identity.ts'
import { leastOutstanding, p2c } from './outstanding.ts'
import { peakEwma, peakEwmaFinagle, peakEwmaLinkerd, peakEwmaToken } from './peak-ewma.ts'
import { peerThompson } from './peer-thompson.ts'
import { petals } from './petals.ts'
import { plainThompson } from './plain-thompson.ts'
import { prequal, prequalIdle, prequalRs } from './prequal.ts'
import { pyrsia } from './pyrsia.ts'
import type { Rival } from './rival.ts'
import { seedRoulettes } from './seed-roulette.ts'
import { smgLeastLoad } from './smg.ts'
import { storj } from './storj.ts'
import { weightedRoundRobin } from './weighted-round-robin.ts'

/** Every published rule that competes, from the simplest to the learners. Ids differ. */
export const RIVALS: readonly Rival[] = [
  random,
  roundRobin,
  weightedRoundRobin,
  leastOutstanding,
  envoyLeastRequest,
  p2c,
  dialogueBalanced,
  peakEwma,
  peakEwmaFinagle,
  peakEwmaLinkerd,
  peakEwmaToken,
  c3,
  c3Rate,
  c3Elasticsearch,
  prequal,
  prequalIdle,
  prequalRs,
  ewmaPerToken,
  litellmLowestLatency,
  crowdllamaMain,
  sedClaimed,
  petals,
  lassie,
  lassieCorrected,
  lassieGreedy,
  bitswap,
  storj,
  msgrate,
  livepeer,
  gieWeighted,
  gieWeightedStale,
  gieWeightedRandom,
  smgLeastLoad,
  aibrixLeastLatency,
  dynamo,
  noIdentity,
  pyrsia,
  ...seedRoulettes,
  epsilonGreedy1,
  epsilonGreedy5,
  peerThompson,
  linearThompson,
  plainThompson
]
