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

const DEFAULTS = { halfLifeMs: 600_000, shrinkage: 3 } as const satisfies RewardModelOptions

/** Expected of anybody before anything was seen. */
const IGNORANT = 0.5

/** A forgetting mean. */
interface Mean {
  weight: number
  mean: number
  atMs: number
}

export interface RewardModelSnapshot {
  readonly version: 1
  readonly all: Mean | null
  readonly peers: readonly (readonly [PeerId, Mean])[]
  readonly classes: readonly (readonly [WorkloadClass, readonly (readonly [PeerId, Mean])[]])[]
}

/** The mean reward of jobs by peer and workload class: a predictor that needs no training. */
export interface MeanRewardModel {
  /** 0–1. A peer's mean in the class, shrunk to its mean over all classes, and that to the mean of all peers. */
  expected(peer: PeerId, workloadClass: WorkloadClass, atMs: number): number
  /** @param reward 0–1 @throws ERR_INVALID_OPTION */
  observe(peer: PeerId, workloadClass: WorkloadClass, reward: number, atMs: number): void
  forget(peer: PeerId): void
  snapshot(): RewardModelSnapshot
  /** Replaces what is known. @throws ERR_SNAPSHOT */
  restore(snapshot: unknown): void
}

export function rewardModel(options: RewardModelOptions = {}): MeanRewardModel {
  const { halfLifeMs, shrinkage } = { ...DEFAULTS, ...options }
  checkPositive('halfLifeMs', halfLifeMs)
  checkNonNegative('shrinkage', shrinkage)
  let all: Mean | undefined
  let peers = new Map<PeerId, Mean>()
  let classes = new Map<WorkloadClass, Map<PeerId, Mean>>()

  const left = (mean: Mean, atMs: number) => 2 ** (-Math.max(0, atMs - mean.atMs) / halfLifeMs)

  function shrunk(own: Mean | undefined, wider: number, atMs: number): number {
    if (own === undefined) return wider
    const weight = own.weight * left(own, atMs)
    return (weight * own.mean + shrinkage * wider) / (weight + shrinkage)
  }

  function updated(mean: Mean | undefined, reward: number, atMs: number): Mean {
    if (mean === undefined) return { weight: 1, mean: reward, atMs }
    // An outcome that comes late counts for what it would count had it come in time.
    const late = 2 ** (-Math.max(0, mean.atMs - atMs) / halfLifeMs)
    const weight = mean.weight * left(mean, atMs) + late
    return { weight, mean: mean.mean + ((reward - mean.mean) * late) / weight, atMs: Math.max(mean.atMs, atMs) }
  }

  function ofClass(workloadClass: WorkloadClass): Map<PeerId, Mean> {
    let found = classes.get(workloadClass)
    if (found === undefined) classes.set(workloadClass, (found = new Map()))
    return found
  }

  return {
    expected(peer, workloadClass, atMs) {
      const ofAll = shrunk(all, IGNORANT, atMs)
      const ofPeer = shrunk(peers.get(peer), ofAll, atMs)
      return shrunk(classes.get(workloadClass)?.get(peer), ofPeer, atMs)
    },
    observe(peer, workloadClass, reward, atMs) {
      checkRatio('reward', reward)
      all = updated(all, reward, atMs)
      peers.set(peer, updated(peers.get(peer), reward, atMs))
      const ofPeers = ofClass(workloadClass)
      ofPeers.set(peer, updated(ofPeers.get(peer), reward, atMs))
    },
    forget(peer) {
      peers.delete(peer)
      for (const ofPeers of classes.values()) ofPeers.delete(peer)
    },
    snapshot: () => ({
      version: 1,
      all: all ?? null,
      peers: [...peers],
      classes: [...classes].map(([name, ofPeers]) => [name, [...ofPeers]] as const)
    }),
    restore(snapshot) {
      const found = checkSnapshot(snapshot)
      all = found.all ?? undefined
      peers = new Map(found.peers)
      classes = new Map(found.classes.map(([name, ofPeers]) => [name, new Map(ofPeers)]))
    }
  }
}

function checkSnapshot(snapshot: unknown): RewardModelSnapshot {
  const found = snapshot as RewardModelSnapshot | null | undefined
  if (found?.version !== 1 || !Array.isArray(found.peers) || !Array.isArray(found.classes)) {
    throw new PeerbanditError('ERR_SNAPSHOT', `reward model snapshot: got v${String(found?.version)}, expected v1`)
  }
  return found
}
