import { PeerbanditError } from '../core/errors.ts'
import type { WorkloadClass } from '../job/job.ts'
import type { PeerState } from './peer-model.ts'
import { POOL_MEANS, type PoolState } from './pool.ts'

/** What a restart keeps: plain JSON. */
export interface PredictorSnapshot {
  readonly version: 2
  readonly peers: readonly PeerState[]
  readonly pool: PoolState
  readonly offsets: readonly (readonly [WorkloadClass, number])[]
}

/** @throws ERR_SNAPSHOT */
export function checkPredictorSnapshot(snapshot: unknown): PredictorSnapshot {
  const found = snapshot as Partial<PredictorSnapshot> | null | undefined
  if (found?.version !== 2) {
    throw new PeerbanditError('ERR_SNAPSHOT', `predictor snapshot: got v${String(found?.version)}, expected v2`)
  }
  const { peers, pool, offsets } = found
  const sound = isListOf(peers, isPeer) && isListOf(offsets, isNamedFigure) && isPool(pool)
  if (!sound)
    throw new PeerbanditError('ERR_SNAPSHOT', 'predictor snapshot: peers, pool or offsets are missing or hold no numbers')
  return found as PredictorSnapshot
}

/** The name of a peer, and seven figures. */
const PEER_LENGTH = 8

function isPeer(entry: unknown): boolean {
  return (
    Array.isArray(entry) && entry.length === PEER_LENGTH && typeof entry[0] === 'string' && entry.slice(1).every(Number.isFinite)
  )
}

function isNamedFigure(entry: unknown): boolean {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Number.isFinite(entry[1])
}

function isPool(pool: unknown): boolean {
  if (typeof pool !== 'object' || pool === null || !('lengthRatios' in pool)) return false
  const { lengthRatios, ...means } = pool as PoolState
  return isListOf(lengthRatios, isNamedFigure) && POOL_MEANS.every((name) => Number.isFinite(means[name]))
}

function isListOf(list: unknown, isOne: (entry: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isOne)
}
