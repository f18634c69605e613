import { checkInteger } from '../../core/check.ts'
import { counterAfter, decayFactor } from '../decay.ts'
import type { PeerScoreThresholds, TopicScoreParams } from '../score-params.ts'
import type { BeaconInputs } from './preset.ts'

// What the clients of Ethereum's consensus layer share: the formulas of blacktemplar's gist 5c1862cb3f0e32a1a7fb0b25e79e6e2c. One decay
// interval is one slot.

export const DECAY_TO_ZERO = 0.01
export const MAX_IN_MESH_SCORE = 10
export const MAX_FIRST_DELIVERY_SCORE = 40

/** From the consensus specification of mainnet. */
export const SUBNETS = 64
export const AGGREGATORS_PER_COMMITTEE = 16
const MAX_COMMITTEES_PER_SLOT = 64
const TARGET_COMMITTEE_SIZE = 128

const HOUR_MS = 3_600_000

export const BEACON_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -4000,
  publishThreshold: -8000,
  graylistThreshold: -16_000,
  acceptPXThreshold: 100,
  opportunisticGraftThreshold: 5
}

export type Beacon = Required<BeaconInputs>

/** @throws ERR_INVALID_OPTION naming the input, what it must be, and what came */
export function beaconOf(inputs: BeaconInputs): Beacon {
  const {
    slotMs = 12_000,
    slotsPerEpoch = 32,
    meshDegree = 8,
    activeValidators = 16_384,
    currentSlot = Number.MAX_SAFE_INTEGER
  } = inputs
  return {
    slotMs: checkInteger('slotMs', slotMs, { min: 1000, max: HOUR_MS }),
    slotsPerEpoch: checkInteger('slotsPerEpoch', slotsPerEpoch, { min: 1, max: 1024 }),
    meshDegree: checkInteger('meshDegree', meshDegree, { min: 1 }),
    // With fewer there is a committee, or a subnet, without anybody.
    activeValidators: checkInteger('activeValidators', activeValidators, { min: Math.max(1024, SUBNETS * slotsPerEpoch) }),
    currentSlot: checkInteger('currentSlot', currentSlot)
  }
}

/** 1 % is left after so many slots. */
export function slotDecay(slots: number): number {
  return decayFactor('decay-to-zero', slots, DECAY_TO_ZERO)
}

/** Where a counter ends just after a decay: what the score sees. */
export function steadyAfterDecay(decay: number, perSlot: number): number {
  return counterAfter(decay, perSlot, Infinity, 'after-decay')
}

export function steadyBeforeDecay(decay: number, perSlot: number): number {
  return counterAfter(decay, perSlot, Infinity)
}

export function committeesPerSlot({ activeValidators, slotsPerEpoch }: Beacon): number {
  const committees = Math.floor(Math.floor(activeValidators / slotsPerEpoch) / TARGET_COMMITTEE_SIZE)
  return Math.max(1, Math.min(MAX_COMMITTEES_PER_SLOT, committees))
}

/** Whether every subnet has messages several times an epoch. */
export function manyBursts(beacon: Beacon): boolean {
  return committeesPerSlot(beacon) >= (2 * SUBNETS) / beacon.slotsPerEpoch
}

/** Each validator of a committee of n aggregates with probability 1 in ⌊n/16⌋. */
export function expectedAggregators(beacon: Beacon): number {
  const { activeValidators, slotsPerEpoch } = beacon
  const committees = committeesPerSlot(beacon) * slotsPerEpoch
  const small = Math.floor(activeValidators / committees)
  const larger = activeValidators - small * committees
  const of = (size: number) => size / Math.max(1, Math.floor(size / AGGREGATORS_PER_COMMITTEE))
  return (of(small) * (committees - larger) + of(small + 1) * larger) / slotsPerEpoch
}

type TimeInMesh = 'timeInMeshWeight' | 'timeInMeshQuantum' | 'timeInMeshCap'

/** An hour in the mesh brings 10. */
export function timeInMesh({ slotMs }: Beacon): Pick<TopicScoreParams, TimeInMesh> {
  const timeInMeshCap = HOUR_MS / slotMs
  return { timeInMeshWeight: MAX_IN_MESH_SCORE / timeInMeshCap, timeInMeshQuantum: slotMs, timeInMeshCap }
}

type FirstDeliveries = 'firstMessageDeliveriesWeight' | 'firstMessageDeliveriesDecay' | 'firstMessageDeliveriesCap'

/** The cap, which brings 40, is the steady state at twice a peer's part of the messages. */
export function firstDeliveries(perSlotOfPeer: number, decaySlots: number): Pick<TopicScoreParams, FirstDeliveries> {
  const firstMessageDeliveriesDecay = slotDecay(decaySlots)
  const firstMessageDeliveriesCap = steadyBeforeDecay(firstMessageDeliveriesDecay, perSlotOfPeer)
  return {
    firstMessageDeliveriesWeight: MAX_FIRST_DELIVERY_SCORE / firstMessageDeliveriesCap,
    firstMessageDeliveriesDecay,
    firstMessageDeliveriesCap
  }
}
