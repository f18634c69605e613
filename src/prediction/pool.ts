import type { WorkloadClass } from '../job/job.ts'
import type { Claims } from '../peer/observation.ts'
import type { PeerId } from '../job/decision.ts'
import type { FailureShare, Hearsay } from './hearsay.ts'
import { logPaceOf } from './pace-belief.ts'
import type { PacePrior } from './pace-prior.ts'
import { RecentMean } from './recent-mean.ts'
import { Slowdown } from './slowdown.ts'
import { combined, PeerAverages, type Spread } from './peer-averages.ts'

/** Before any peer is known: 50 tokens/s, and a third to three times that. */
const ANY_PEER: Spread = { mean: Math.log(1000 / 50), variance: 1 }
/** Before any claim was held against observation: true, give or take a factor of 1.7. */
const ANY_CLAIM: Spread = { mean: 0, variance: 0.3 }
/** The name of a GPU may be false, or the machine throttled: so much is added to what the hardware lets expect. */
const NAME_VARIANCE = 0.3
const PRIOR_PEERS = 2
/** Peers with the same GPU tell of each other what peers in general do not. */
const PRIOR_PEERS_OF_GPU = 0.1
/** However well claims were borne out and peers agree, the next one may be half as fast again, or lie. */
const LEAST_VARIANCE = 0.3

/** Before any answer was seen: limits are round numbers above the true length. */
const LENGTH_RATIO = 0.75
const WORK_TOKENS = 200
const DURATION_MS = 4_000
const FAILURE_RATIO = 0.02
const FAILURE_MS = 2_000
const FIRST_TOKEN_ERROR_MS = 75
/** More than this is a peer that had stopped, and not what is usual. */
const MOST_FIRST_TOKEN_ERROR_MS = 1_000

/** A peer's part in what is known of all of them. */
export interface Contribution {
  /** Its lasting log pace. */
  readonly logPace: number
  readonly gpuModel: string
  /** Lasting log pace less the claimed one; undefined without a claim. */
  readonly claimError: number | undefined
}

/** What a peer's pace turned out to be, and what the peer says of itself. */
interface PriorLesson {
  readonly claims: Claims
  readonly logPace: number
}

/** Jobs over which lengths, durations and failures are averaged: the last fifty or so. */
const RECENT_SHARE = 0.02

/** What a snapshot has of them. */
export const POOL_MEANS = [
  'slowdown',
  'meanWork',
  'meanDurationMs',
  'failureRatio',
  'failureMs',
  'overheadMs',
  'firstTokenErrorMs'
] as const

/** Plain and JSON-safe. */
export type PoolState = Readonly<Record<(typeof POOL_MEANS)[number], number>> & {
  readonly lengthRatios: readonly (readonly [WorkloadClass, number])[]
}

/** What is known of the peers and jobs of this router in general: where a new peer starts from. */
export class Pool {
  readonly slowdown = new Slowdown()
  readonly meanWork = new RecentMean(WORK_TOKENS, RECENT_SHARE)
  readonly meanDurationMs = new RecentMean(DURATION_MS, RECENT_SHARE)
  readonly failureRatio = new RecentMean(FAILURE_RATIO, RECENT_SHARE)
  /** Time that a job takes until it fails, ms. */
  readonly failureMs = new RecentMean(FAILURE_MS, RECENT_SHARE)
  /** Time to first token beyond round trip, waiting and reading the prompt, ms. */
  readonly overheadMs = new RecentMean(0, RECENT_SHARE)
  /** By how much first tokens come earlier or later than was expected, ms. */
  readonly firstTokenErrorMs = new RecentMean(FIRST_TOKEN_ERROR_MS, RECENT_SHARE)
  readonly #lengthRatios = new Map<WorkloadClass, RecentMean>()
  readonly #paces = new PeerAverages(ANY_PEER, PRIOR_PEERS)
  readonly #claims = new PeerAverages(ANY_CLAIM, PRIOR_PEERS)
  readonly #gpus = new Map<string, PeerAverages>()
  readonly #prior: PacePrior | undefined
  readonly #hearsay: Hearsay | undefined

  constructor(prior?: PacePrior, hearsay?: Hearsay) {
    this.#prior = prior
    this.#hearsay = hearsay
  }

  /** Changes with what others tell of peers; 0 where nobody is listened to. */
  get hearsayRevision(): number {
    return this.#hearsay?.revision ?? 0
  }

  /** Expected length of an answer over the most that the request allows, 0–1. */
  lengthRatio(workloadClass: WorkloadClass): number {
    return this.#lengthRatios.get(workloadClass)?.value ?? LENGTH_RATIO
  }

  observeLength(workloadClass: WorkloadClass, ratio: number): void {
    let mean = this.#lengthRatios.get(workloadClass)
    if (mean === undefined) {
      mean = new RecentMean(LENGTH_RATIO, RECENT_SHARE)
      this.#lengthRatios.set(workloadClass, mean)
    }
    mean.add(Math.min(1, ratio))
  }

  observeFirstTokenError(errorMs: number): void {
    this.firstTokenErrorMs.add(Math.min(MOST_FIRST_TOKEN_ERROR_MS, Math.abs(errorMs)))
  }

  /** Expected log pace of a peer that this router never used. */
  expected(peer: PeerId, claims: Claims | undefined, atMs: number): Spread {
    const unheard = this.unheard(peer, claims, atMs)
    if (this.#hearsay === undefined) return unheard
    const { mean, variance } = this.#hearsay.pace(peer, unheard, atMs)
    return { mean, variance: Math.max(LEAST_VARIANCE, variance) }
  }

  /** Expected share of failures before this router saw any outcome. @param outcomes that it is worth without hearsay */
  expectedFailures(peer: PeerId, outcomes: number, atMs: number): FailureShare {
    const unheard = { share: this.failureRatio.value, outcomes }
    return this.#hearsay?.failures(peer, unheard, atMs) ?? unheard
  }

  /** Expected log pace of a peer of which only its claims are known. */
  unheard(peer: PeerId, claims: Claims | undefined, atMs: number): Spread {
    const hints = [this.#paces.expected()]
    if (claims !== undefined) hints.push(...this.#said(peer, claims, atMs))
    const gpu = this.#gpus.get(claims?.gpuModel ?? '')
    if (gpu !== undefined && gpu.count > 0) hints.push(gpu.expected())
    const { mean, variance } = combined(hints)
    return { mean, variance: Math.max(LEAST_VARIANCE, variance) }
  }

  /** What its speed and its hardware let expect: one hint, for both are its own word. */
  #said(peer: PeerId, claims: Claims, atMs: number): Spread[] {
    const words: Spread[] = []
    const prior = this.#prior?.expected(peer, claims, atMs)
    if (prior !== undefined) words.push({ mean: prior.mean, variance: prior.variance + NAME_VARIANCE })
    if (claims.tokensPerSecond > 0) {
      const { mean, variance } = this.#claims.expected()
      words.push({ mean: claimedLogPace(claims) + mean, variance })
    }
    if (words.length < 2) return words
    const { mean, variance } = combined(words)
    return [{ mean, variance: variance * words.length }]
  }

  /** A peer's lasting pace is known better. */
  learnPrior(peer: PeerId, { claims, logPace }: PriorLesson, atMs: number): void {
    this.#prior?.learn(peer, claims, logPace, atMs)
  }

  /** A peer is known better, is new, or is gone. */
  replace(before: Contribution | undefined, after: Contribution | undefined): void {
    this.#paces.replace(before?.logPace, after?.logPace)
    this.#claims.replace(before?.claimError, after?.claimError)
    if (before !== undefined) this.#replaceOfGpu(before.gpuModel, before.logPace, undefined)
    if (after !== undefined) this.#replaceOfGpu(after.gpuModel, undefined, after.logPace)
  }

  #replaceOfGpu(gpuModel: string, before: number | undefined, after: number | undefined): void {
    if (gpuModel === '') return
    const averages = this.#gpus.get(gpuModel) ?? new PeerAverages(ANY_PEER, PRIOR_PEERS_OF_GPU)
    averages.replace(before, after)
    // Names that nobody has any more are not kept: anybody can make one up.
    if (averages.count > 0) this.#gpus.set(gpuModel, averages)
    else this.#gpus.delete(gpuModel)
  }

  /** What jobs told; what peers told comes back with the peers. */
  state(): PoolState {
    return {
      slowdown: this.slowdown.value,
      meanWork: this.meanWork.value,
      meanDurationMs: this.meanDurationMs.value,
      failureRatio: this.failureRatio.value,
      failureMs: this.failureMs.value,
      overheadMs: this.overheadMs.value,
      firstTokenErrorMs: this.firstTokenErrorMs.value,
      lengthRatios: [...this.#lengthRatios].map(([workloadClass, { value }]) => [workloadClass, value])
    }
  }

  restore({ lengthRatios, ...means }: PoolState): void {
    for (const name of POOL_MEANS) this[name].restore(means[name])
    for (const [workloadClass, value] of lengthRatios) {
      const mean = new RecentMean(value, RECENT_SHARE)
      mean.restore(value)
      this.#lengthRatios.set(workloadClass, mean)
    }
  }
}

/** @param claims with a speed */
export function claimedLogPace({ tokensPerSecond }: Claims): number {
  return logPaceOf(1000 / tokensPerSecond)
}
