import { checkNonNegative, checkPositive, checkRatio } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { WorkloadClass } from '../job/job.ts'

export interface RewardModelOptions {
  /** After this long an observation counts half, ms > 0. @default 10 min */
  readonly halfLifeMs?: number
  /** How many observations it takes before a mean counts as much as the wider one it is shrunk to, ≥ 0. @default 3 */
  readonly shrinkage?: number
}

type Resolved = Required<RewardModelOptions>

const DEFAULTS = { halfLifeMs: 600_000, shrinkage: 3 } as const satisfies RewardModelOptions

/** Expected of anybody before anything was seen. */
const IGNORANT = 0.5

/**
 * What a unit of load takes off a reward before anything was seen, and how firmly that is believed. A job is charged for those it
 * finds at its peer, and four side by side slow each other by half: a quarter of a logarithmic reward over two decades.
 */
const PRIOR_SLOPE = -0.25
const PRIOR_SLOPE_WEIGHT = 5

/** The slope is that of about the last thousand observations. */
const SLOPE_KEEP = 0.999

/** Load in the units of the model: each doubling of the jobs at a peer counts the same. */
function loadOf(inFlight: number): number {
  return Math.log1p(inFlight)
}

/** Where a job would go, or went. */
export interface Circumstances {
  readonly peer: PeerId
  readonly workloadClass: WorkloadClass
  /** Jobs of this router that the peer has beside this one, ≥ 0. */
  readonly inFlight: number
  /** ms since the epoch */
  readonly atMs: number
}

/** Forgetting means of reward and load. */
interface Means {
  readonly weight: number
  readonly reward: number
  readonly load: number
  readonly atMs: number
}

interface RewardModelSnapshot {
  readonly version: 1
  readonly all: Means | null
  readonly peers: readonly (readonly [PeerId, Means])[]
  readonly classes: readonly (readonly [WorkloadClass, readonly (readonly [PeerId, Means])[]])[]
  readonly slope: { readonly products: number; readonly squares: number }
}

/**
 * Expects of a job what jobs of its class got from that peer, less what the peer's present load takes off. A peer's mean in a class
 * is shrunk to its mean over all classes, and that to the mean of all peers; the effect of load is one slope for all peers, from how
 * rewards move with load within each of them. A predictor that needs no training.
 */
export interface MeanRewardModel {
  /** 0–1, also for peers never seen. */
  expected(circumstances: Circumstances): number
  /** @param reward 0–1 @throws ERR_INVALID_OPTION */
  observe(circumstances: Circumstances, reward: number): void
  forget(peer: PeerId): void
  snapshot(): RewardModelSnapshot
  /** Replaces what is known. @throws ERR_SNAPSHOT */
  restore(snapshot: unknown): void
}

/** @throws ERR_INVALID_OPTION */
export function rewardModel(options: RewardModelOptions = {}): MeanRewardModel {
  const resolved = { ...DEFAULTS, ...options }
  checkPositive('halfLifeMs', resolved.halfLifeMs)
  checkNonNegative('shrinkage', resolved.shrinkage)
  return new ShrunkMeans(resolved)
}

class ShrunkMeans implements MeanRewardModel {
  readonly #options: Resolved
  #all: Means | undefined
  #peers = new Map<PeerId, Means>()
  #classes = new Map<WorkloadClass, Map<PeerId, Means>>()
  /** Sums of (load − mean)·(reward − mean) and of (load − mean)², within peers. */
  #products = PRIOR_SLOPE * PRIOR_SLOPE_WEIGHT
  #squares = PRIOR_SLOPE_WEIGHT

  constructor(options: Resolved) {
    this.#options = options
  }

  expected({ peer, workloadClass, inFlight, atMs }: Circumstances): number {
    const ofAll = this.#shrunk(this.#all, { reward: IGNORANT, load: 0 }, atMs)
    const ofPeer = this.#shrunk(this.#peers.get(peer), ofAll, atMs)
    const { reward, load } = this.#shrunk(this.#classes.get(workloadClass)?.get(peer), ofPeer, atMs)
    return Math.min(1, Math.max(0, reward + (this.#products / this.#squares) * (loadOf(inFlight) - load)))
  }

  #shrunk(own: Means | undefined, wider: Pick<Means, 'reward' | 'load'>, atMs: number): Pick<Means, 'reward' | 'load'> {
    if (own === undefined) return wider
    const weight = own.weight * this.#left(atMs - own.atMs)
    // Without shrinkage even what has faded altogether is all there is.
    const share = weight + this.#options.shrinkage > 0 ? weight / (weight + this.#options.shrinkage) : 1
    return { reward: wider.reward + share * (own.reward - wider.reward), load: wider.load + share * (own.load - wider.load) }
  }

  observe({ peer, workloadClass, inFlight, atMs }: Circumstances, reward: number): void {
    checkRatio('reward', reward)
    checkNonNegative('inFlight', inFlight)
    const sample = { reward, load: loadOf(inFlight), atMs }
    const before = this.#peers.get(peer)
    const after = this.#updated(before, sample)
    if (before !== undefined) this.#regress(before, after, sample)
    this.#peers.set(peer, after)
    this.#all = this.#updated(this.#all, sample)
    const ofPeers = this.#ofClass(workloadClass)
    ofPeers.set(peer, this.#updated(ofPeers.get(peer), sample))
  }

  /** Welford's update of a covariance: the deviation from the old mean times that from the new one. */
  #regress(before: Means, after: Means, sample: Omit<Means, 'weight'>): void {
    this.#products *= SLOPE_KEEP
    this.#squares *= SLOPE_KEEP
    this.#products += (sample.load - before.load) * (sample.reward - after.reward)
    this.#squares += (sample.load - before.load) * (sample.load - after.load)
  }

  #updated(means: Means | undefined, { reward, load, atMs }: Omit<Means, 'weight'>): Means {
    if (means === undefined) return { weight: 1, reward, load, atMs }
    // An outcome that comes late counts for what it would count had it come in time.
    const late = this.#left(means.atMs - atMs)
    const weight = means.weight * this.#left(atMs - means.atMs) + late
    const share = late / weight
    return {
      weight,
      reward: means.reward + share * (reward - means.reward),
      load: means.load + share * (load - means.load),
      atMs: Math.max(means.atMs, atMs)
    }
  }

  #left(elapsedMs: number): number {
    return 2 ** (-Math.max(0, elapsedMs) / this.#options.halfLifeMs)
  }

  #ofClass(workloadClass: WorkloadClass): Map<PeerId, Means> {
    let found = this.#classes.get(workloadClass)
    if (found === undefined) this.#classes.set(workloadClass, (found = new Map<PeerId, Means>()))
    return found
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer)
    for (const ofPeers of this.#classes.values()) ofPeers.delete(peer)
  }

  snapshot(): RewardModelSnapshot {
    return {
      version: 1,
      all: this.#all ?? null,
      peers: [...this.#peers],
      classes: [...this.#classes].map(([name, ofPeers]) => [name, [...ofPeers]] as const),
      slope: { products: this.#products, squares: this.#squares }
    }
  }

  restore(snapshot: unknown): void {
    const found = checkSnapshot(snapshot)
    this.#all = found.all ?? undefined
    this.#peers = new Map<PeerId, Means>(found.peers)
    this.#classes = new Map(found.classes.map(([name, ofPeers]) => [name, new Map<PeerId, Means>(ofPeers)]))
    this.#products = found.slope.products
    this.#squares = found.slope.squares
  }
}

function checkSnapshot(snapshot: unknown): RewardModelSnapshot {
  const found = snapshot as RewardModelSnapshot | null | undefined
  if (found?.version !== 1) {
    throw new PeerbanditError('ERR_SNAPSHOT', `reward model snapshot: got v${String(found?.version)}, expected v1`)
  }
  if (!Array.isArray(found.peers) || !Array.isArray(found.classes) || !hasSlope(found)) {
    throw new PeerbanditError('ERR_SNAPSHOT', 'reward model snapshot: peers, classes or slope are missing')
  }
  return found
}

function hasSlope({ slope }: Partial<RewardModelSnapshot>): boolean {
  return slope !== undefined && Number.isFinite(slope.products) && slope.squares > 0
}
