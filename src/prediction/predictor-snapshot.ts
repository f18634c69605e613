import { PeerbanditError } from '../core/errors.ts'
import type { WorkloadClass } from '../job/job.ts'
import type { PeerState } from './peer-model.ts'
import type { PoolState } from './pool.ts'

/** What a restart keeps: plain JSON. */
export interface PredictorSnapshot {
  readonly version: 1
  readonly peers: readonly PeerState[]
  readonly pool: PoolState
  readonly offsets: readonly (readonly [WorkloadClass, number])[]
}

/** @throws ERR_SNAPSHOT */
export function checkPredictorSnapshot(snapshot: unknown): PredictorSnapshot {
  const found = snapshot as Partial<PredictorSnapshot> | null | undefined
  if (found?.version !== 1) {
    throw new PeerbanditError('ERR_SNAPSHOT', `predictor snapshot: got v${String(found?.version)}, expected v1`)
  }
  const { peers, pool, offsets } = found
  const lists = [peers, pool?.lengthRatios, offsets]
  const figures = [...(peers ?? []).flatMap((peer) => peer.slice(1)), ...(offsets ?? []).map(([, offset]) => offset)]
  if (!lists.every(Array.isArray) || !figures.every(Number.isFinite)) {
    throw new PeerbanditError('ERR_SNAPSHOT', 'predictor snapshot: peers, pool or offsets are missing or hold no numbers')
  }
  return found as PredictorSnapshot
}
