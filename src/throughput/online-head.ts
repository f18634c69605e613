import { checkFinite, checkInteger, checkPositive, checkText } from '../core/check.ts'
import { setLatest } from '../core/latest.ts'
import type { PeerId } from '../job/decision.ts'
import { checkHalfLife } from '../math/forward-decay.ts'
import { LinearBelief } from '../math/linear-belief.ts'
import { ShrunkMean } from '../math/shrunk-mean.ts'
import { DECILE_SPAN } from './calibration.ts'
import { claimRange, encodeHead, type HeadInputs, headPrior, headWidth } from './head-features.ts'
import { checkHeadSnapshot, type OnlineHeadSnapshot, packPeer, restoreFleet, unpackPeer } from './head-snapshot.ts'
import { countAt, type Deviation, newPeerResidual, observeResidual, type PeerResidual } from './peer-residual.ts'

export interface OnlineHeadOptions {
  /** After this long an outcome counts half of what it did for the fleet, ms > 0; Infinity forgets nothing. @default a week */
  readonly halfLifeMs?: number
  /** The same for what is known of the peer itself. @default six hours */
  readonly peerHalfLifeMs?: number
  /** Peers that are remembered, ≥ 1; of more, those whose last outcome is longest ago are forgotten. @default 2000 */
  readonly maxPeers?: number
}

const HOUR_MS = 3_600_000
const DEFAULTS = {
  halfLifeMs: 7 * 24 * HOUR_MS,
  peerHalfLifeMs: 6 * HOUR_MS,
  maxPeers: 2_000
} as const satisfies OnlineHeadOptions

/** What is expected of ln tokens/s. */
export interface SpeedBelief {
  readonly mean: number
  /** Of the peer's level: how little is known. */
  readonly variance: number
  /** Of a single outcome around it: what is never known. */
  readonly noise: number
}

/**
 * What a deployment learns over the network: a Bayesian linear regression on the network's last layer, the peer's claim and its load, and
 * beyond it a level of each peer that is shrunk to the regression. A random intercept, in the sums of which each peer counts as much
 * as its outcomes tell together.
 * @see Riquelme, Tucker and Snoek 2018, "Deep Bayesian Bandits Showdown" (neural-linear)
 * @see Gelman and Hill 2006, "Data Analysis Using Regression and Multilevel/Hierarchical Models", chapter 12 (varying intercepts)
 */
export interface OnlineHead {
  /**
   * What is expected of a job at a peer. Reading changes nothing.
   * @param peer undefined, or one without outcomes: what the fleet says of such a machine
   */
  predict(peer: PeerId | undefined, inputs: HeadInputs, atMs: number): SpeedBelief
  /**
   * What would be expected of a peer if nothing of its own had been seen: what its outcomes can be held against, though they were learned.
   * Reading changes nothing.
   */
  predictFromOthers(peer: PeerId, inputs: HeadInputs): SpeedBelief
  /**
   * Learns from an outcome.
   * @param tokensPerSecond as measured, > 0
   * @param atMs when it ended; one that comes late counts as if it were of now
   * @throws ERR_INVALID_OPTION
   */
  update(peer: PeerId, inputs: HeadInputs, tokensPerSecond: number, atMs: number): void
  snapshot(): OnlineHeadSnapshot
  /** @throws ERR_SNAPSHOT for a snapshot of another version, shape or model; what was learned then stays */
  restore(snapshot: unknown): void
}

/** What a head belongs to: over another network its hidden units would mean something else. */
export interface HeadModel {
  /** Hidden units. */
  readonly hidden: number
  /** Hash of the model, or any other name that no other model has. */
  readonly id: string
}

/** @throws ERR_INVALID_OPTION */
export function onlineHead(model: HeadModel, options: OnlineHeadOptions = {}): OnlineHead {
  const resolved = { ...DEFAULTS, ...options }
  checkInteger('hidden', model.hidden, { min: 1, max: 1_024 })
  checkText('id', model.id)
  checkHalfLife('halfLifeMs', resolved.halfLifeMs)
  checkHalfLife('peerHalfLifeMs', resolved.peerHalfLifeMs)
  checkInteger('maxPeers', resolved.maxPeers, { min: 1 })
  return new NeuralLinearHead(model, resolved)
}

/** No outcome teaches more than this, a factor of twelve: a broken measurement must not be believed. */
const MOST_RESIDUAL = 2.5
/** Variance of outcomes of one peer; how many outcomes that is worth, and over how many it is taken. */
const NOISE = { expected: 0.04, count: 20, most: 1_000, least: 0.0025 }
/** Variance of peers over what the network's intervals say; over peers, each counted when it is new. */
const SPREAD = { expected: 0.5, count: 10, most: 500, least: 0.05, greatest: 4 }

class NeuralLinearHead implements OnlineHead {
  readonly #model: HeadModel
  readonly #options: Required<OnlineHeadOptions>
  readonly #fleet: LinearBelief
  readonly #noise = new ShrunkMean(NOISE.expected, NOISE.count, NOISE.most)
  readonly #spread = new ShrunkMean(SPREAD.expected, SPREAD.count, SPREAD.most)
  /** Those with the oldest outcomes first. */
  #peers = new Map<PeerId, PeerResidual>()
  /** The moment that the fleet's sums are for: of the newest outcome. */
  #atMs = -Infinity
  readonly #features: Float64Array
  readonly #scratch: Float64Array
  readonly #deviation: Deviation

  constructor(model: HeadModel, options: Required<OnlineHeadOptions>) {
    const width = headWidth(model.hidden)
    this.#model = model
    this.#options = options
    this.#fleet = new LinearBelief(headPrior(model.hidden), claimRange(model.hidden))
    this.#features = new Float64Array(width)
    this.#scratch = new Float64Array(width)
    this.#deviation = { features: new Float64Array(width), residual: 0, weight: 0 }
  }

  get #noiseVariance(): number {
    return Math.max(NOISE.least, this.#noise.value)
  }

  /** Variance of peers around what the fleet says of such machines. */
  #peerVariance({ speed10, speed90 }: HeadInputs): number {
    const deviation = (speed90 - speed10) / DECILE_SPAN
    return Math.max(1e-4, deviation * deviation * Math.max(SPREAD.least, Math.min(SPREAD.greatest, this.#spread.value)))
  }

  predict(peer: PeerId | undefined, inputs: HeadInputs, atMs: number): SpeedBelief {
    const x = this.#encode(inputs)
    const known = peer === undefined ? undefined : this.#peers.get(peer)
    if (known === undefined) return this.#ofFleet(inputs)
    const variance = this.#peerVariance(inputs)
    const noise = this.#noiseVariance
    const count = countAt(known, atMs, this.#options.peerHalfLifeMs)
    const share = variance / (variance + noise / count)
    const mean = inputs.speed50 + this.#fleet.mean(x) + share * (known.residual - this.#fleet.mean(known.features))
    // Of x·β + u, where the peer's own u is known from its residuals less their x·β: what is left of β's part, and of u.
    for (let i = 0; i < x.length; i++) this.#scratch[i] = x[i] - share * known.features[i]
    return { mean, variance: this.#fleet.variance(this.#scratch) + variance * (1 - share), noise }
  }

  /** @param inputs as encoded */
  #ofFleet(inputs: HeadInputs): SpeedBelief {
    const x = this.#features
    const mean = inputs.speed50 + this.#fleet.mean(x)
    return { mean, variance: this.#fleet.variance(x) + this.#peerVariance(inputs), noise: this.#noiseVariance }
  }

  predictFromOthers(peer: PeerId, inputs: HeadInputs): SpeedBelief {
    const x = this.#encode(inputs)
    const { mean, variance, noise } = this.#ofFleet(inputs)
    const seen = this.#peers.get(peer)
    if (seen === undefined) return { mean, variance, noise }
    // Sherman and Morrison: the regression without the peer's term, from the one with it.
    const precision = this.#precisionLeft(seen)
    const gain = precision / (1 - precision * this.#fleet.variance(seen.features))
    const covariance = this.#covariance(x, seen.features)
    const surprise = seen.residual - this.#fleet.mean(seen.features)
    return { mean: mean - gain * covariance * surprise, variance: variance + gain * covariance * covariance, noise }
  }

  /** Of what is expected of two peers, by the fleet. */
  #covariance(a: Float64Array, b: Float64Array): number {
    const combine = (sign: 1 | -1) => {
      for (let i = 0; i < a.length; i++) this.#scratch[i] = a[i] + sign * b[i]
      return this.#fleet.variance(this.#scratch)
    }
    return (combine(1) - combine(-1)) / 4
  }

  #encode(inputs: HeadInputs): Float64Array {
    checkInteger('inputs.hidden.length', inputs.hidden.length, { min: this.#model.hidden, max: this.#model.hidden })
    checkFinite('speed50', inputs.speed50)
    checkFinite('speed90 - speed10', inputs.speed90 - inputs.speed10)
    encodeHead(inputs, this.#features)
    return this.#features
  }

  update(peer: PeerId, inputs: HeadInputs, tokensPerSecond: number, atMs: number): void {
    checkPositive('tokensPerSecond', tokensPerSecond)
    checkFinite('atMs', atMs)
    const x = this.#encode(inputs)
    const residual = Math.max(-MOST_RESIDUAL, Math.min(MOST_RESIDUAL, Math.log(tokensPerSecond) - inputs.speed50))
    this.#advance(atMs)
    const seen = this.#take(peer)
    if (seen.precision > 0) this.#withdraw(seen)
    else this.#meet(inputs, x, residual)
    seen.count = countAt(seen, this.#atMs, this.#options.peerHalfLifeMs)
    seen.atMs = this.#atMs
    observeResidual(seen, x, residual, this.#deviation)
    this.#learnWithin()
    seen.precision = 1 / (this.#peerVariance(inputs) + this.#noiseVariance / seen.count)
    this.#fleet.add(seen.precision, seen.features, seen.residual)
  }

  #advance(atMs: number): void {
    if (!(atMs > this.#atMs)) return
    if (this.#atMs > -Infinity) this.#fleet.fade(2 ** -((atMs - this.#atMs) / this.#options.halfLifeMs))
    this.#atMs = atMs
  }

  /** The peer as the one with the newest outcome. */
  #take(peer: PeerId): PeerResidual {
    const seen = this.#peers.get(peer) ?? newPeerResidual(this.#features.length, this.#atMs)
    // Of one that is forgotten, what it taught of its kind stays, and fades.
    setLatest(this.#peers, peer, seen, this.#options.maxPeers)
    return seen
  }

  /** Takes out what the peer put in when its last outcome came, as far as it is still there. */
  #withdraw(seen: PeerResidual): void {
    this.#fleet.add(-this.#precisionLeft(seen), seen.features, seen.residual)
  }

  #precisionLeft({ precision, atMs }: PeerResidual): number {
    return precision * 2 ** -((this.#atMs - atMs) / this.#options.halfLifeMs)
  }

  /** A new peer tells how far peers are from what was expected of them. */
  #meet({ speed10, speed90 }: HeadInputs, x: Float64Array, residual: number): void {
    const square = (residual - this.#fleet.mean(x)) ** 2
    const deviation = (speed90 - speed10) / DECILE_SPAN
    const excess = square - this.#fleet.variance(x) - this.#noiseVariance
    if (deviation > 0) this.#spread.add(Math.max(-SPREAD.greatest, Math.min(2 * SPREAD.greatest, excess / deviation ** 2)))
  }

  /** What differs between outcomes of one peer is its load, and noise. */
  #learnWithin(): void {
    const { weight, features, residual } = this.#deviation
    if (weight === 0) return
    this.#fleet.add(weight / this.#noiseVariance, features, residual)
    this.#noise.add(weight * residual * residual, 1)
  }

  snapshot(): OnlineHeadSnapshot {
    return {
      version: 1,
      model: this.#model.id,
      atMs: Number.isFinite(this.#atMs) ? this.#atMs : null,
      ...this.#fleet.state(),
      noise: this.#noise.state(),
      spread: this.#spread.state(),
      peers: [...this.#peers].map(([peer, seen]) => packPeer(peer, seen))
    }
  }

  restore(snapshot: unknown): void {
    const width = headWidth(this.#model.hidden)
    const found = checkHeadSnapshot(snapshot, this.#model.id, width)
    restoreFleet(this.#fleet, found)
    this.#noise.restore(found.noise)
    this.#spread.restore(found.spread)
    this.#atMs = found.atMs ?? -Infinity
    this.#peers = new Map(found.peers.slice(-this.#options.maxPeers).map((packed) => unpackPeer(packed)))
  }
}
