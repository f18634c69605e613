import { show } from '../core/check.ts'
import { messageOf, PeerbanditError } from '../core/errors.ts'
import type { PeerId } from '../job/decision.ts'
import type { LinearBelief, LinearBeliefState } from '../math/linear-belief.ts'
import type { ShrunkMeanState } from '../math/shrunk-mean.ts'
import { float32FromText, float32ToText } from './float32-text.ts'
import type { PeerResidual } from './peer-residual.ts'

/** A peer; when its last outcome was, ms; its figures as base64 of single precision, since there may be many peers. */
export type PackedPeer = readonly [peer: PeerId, atMs: number, figures: string]

/** What a restart keeps: plain JSON. */
export interface OnlineHeadSnapshot extends LinearBeliefState {
  readonly version: 1
  /** Of which it was learned. */
  readonly model: string
  /** Of the newest outcome; null before the first. */
  readonly atMs: number | null
  readonly noise: ShrunkMeanState
  readonly spread: ShrunkMeanState
  /** Those with the oldest outcomes first. */
  readonly peers: readonly PackedPeer[]
}

/** Before the features. */
const PEER_FIGURES = 3

export function packPeer(peer: PeerId, { atMs, count, residual, precision, features }: PeerResidual): PackedPeer {
  return [peer, atMs, float32ToText(Float32Array.of(count, residual, precision, ...features))]
}

export function unpackPeer([peer, atMs, text]: PackedPeer): [PeerId, PeerResidual] {
  const [count, residual, precision, ...features] = float32FromText(text) ?? []
  return [peer, { count, residual, precision, features: Float64Array.from(features), atMs }]
}

function refuse(defect: string): never {
  throw new PeerbanditError('ERR_SNAPSHOT', `online head: ${defect}`)
}

/** @param width how many figures the head sees @throws ERR_SNAPSHOT */
export function checkHeadSnapshot(snapshot: unknown, model: string, width: number): OnlineHeadSnapshot {
  const found = (snapshot ?? {}) as Partial<OnlineHeadSnapshot>
  if (found.version !== 1) refuse(`got v${String(found.version)}, expected v1`)
  if (found.model !== model) refuse(`learned over the model ${show(found.model)}, expected ${show(model)}`)
  checkSums(found, width)
  const { peers } = found
  if (!(Array.isArray(peers) && peers.every((peer) => isPeer(peer, width)))) refuse('peers are missing or hold no numbers')
  return found as OnlineHeadSnapshot
}

function checkSums({ information, moments, noise, spread, atMs }: Partial<OnlineHeadSnapshot>, width: number): void {
  const triangle = (width * (width + 1)) / 2
  if (!(isNumbers(information, triangle) && isNumbers(moments, width))) refuse(`sums must be of ${width} figures`)
  const timed = atMs === null || Number.isFinite(atMs)
  if (!(isMean(noise) && isMean(spread) && timed)) refuse('noise, spread or atMs are no numbers')
}

function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(Number.isFinite)
}

function isMean(value: unknown): boolean {
  return isNumbers(value, 2) && (value as ShrunkMeanState)[1] > 0
}

function isPeer(value: unknown, width: number): boolean {
  if (!(Array.isArray(value) && value.length === 3)) return false
  const [peer, atMs, text] = value as readonly unknown[]
  const figures = float32FromText(text)
  const sound = figures?.length === PEER_FIGURES + width && figures.every(Number.isFinite)
  return typeof peer === 'string' && Number.isFinite(atMs) && sound && figures[0] >= 0 && figures[2] >= 0
}

/** @throws ERR_SNAPSHOT for sums that no outcomes have */
export function restoreFleet(fleet: LinearBelief, { information, moments }: LinearBeliefState): void {
  try {
    fleet.restore({ information, moments })
  } catch (error) {
    refuse(messageOf(error))
  }
}
