import { show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { FACTOR_IDS, type FactorId } from './factor.ts'
import type { FactorRow } from './factors.ts'

/** A weight table over factors: one way to say what a good peer is. */
export interface Algorithm {
  /** Names the arm, e.g. "latency-optimized". */
  readonly id: string
  /** @default the id */
  readonly title?: string
  /** Shares of the factors, 0–1; they sum to 1. A factor that is not listed has none. */
  readonly weights: Readonly<Partial<Record<FactorId, number>>>
}

/** The eight of CrowdLlama's scoring proof of concept, with its weights. */
export const ALGORITHMS: readonly Algorithm[] = [
  {
    id: 'standard',
    title: 'Standard',
    weights: { latency: 0.25, uptime: 0.25, performance: 0.3, reliability: 0.2 }
  },
  {
    id: 'latency-optimized',
    title: 'Latency Optimized',
    weights: { latencyRecent: 0.6, uptime: 0.15, performance: 0.15, reliability: 0.1 }
  },
  {
    id: 'throughput-optimized',
    title: 'Throughput Optimized',
    weights: { latency: 0.1, uptime: 0.2, performanceGpu: 0.55, reliability: 0.15 }
  },
  {
    id: 'reliability-optimized',
    title: 'Reliability Optimized',
    weights: { latency: 0.15, uptimeConsistent: 0.35, performance: 0.2, reliabilityLongevity: 0.3 }
  },
  {
    id: 'geographic-proximity',
    title: 'Geographic Proximity',
    weights: { latency: 0.2, uptime: 0.2, performance: 0.25, reliability: 0.15, proximity: 0.2 }
  },
  {
    id: 'load-balanced',
    title: 'Load Balanced',
    weights: { latency: 0.2, uptime: 0.2, performance: 0.2, reliability: 0.2, headroom: 0.2 }
  },
  {
    id: 'economic',
    title: 'Economic',
    weights: { latency: 0.15, uptime: 0.2, performance: 0.25, reliability: 0.2, efficiency: 0.2 }
  },
  {
    id: 'consensus',
    title: 'Consensus',
    weights: { latency: 0.15, uptime: 0.25, performance: 0.25, reliability: 0.15, reputation: 0.2 }
  }
]

/**
 * The score of a peer about which an algorithm knows nothing: the middle, so that a new peer ranks above the bad ones and below
 * the good ones.
 */
export const NEUTRAL_SCORE = 50

/** Weights written by hand in decimals must sum to 1 within rounding. */
const SUM_TOLERANCE = 1e-9

function refuse(text: string): never {
  throw new PeerbanditError('ERR_INVALID_WEIGHTS', text)
}

/** @throws ERR_INVALID_WEIGHTS naming the algorithm, the factor and the value */
export function checkAlgorithm(algorithm: Algorithm): Algorithm {
  const { id, weights } = algorithm
  if (!(typeof id === 'string' && id.length > 0)) refuse(`an algorithm's id must be a string that is not empty, got ${show(id)}`)
  let sum = 0
  for (const [factor, weight] of Object.entries(weights) as [string, unknown][]) {
    if (!(FACTOR_IDS as readonly string[]).includes(factor)) {
      refuse(`algorithm ${id}: unknown factor ${factor} (weight ${show(weight)}); the factors are ${FACTOR_IDS.join(', ')}`)
    }
    if (!(typeof weight === 'number' && weight >= 0 && weight < Infinity)) {
      refuse(`algorithm ${id}: the weight of ${factor} must be a finite number of at least 0, got ${show(weight)}`)
    }
    sum += weight
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    const parts = Object.entries(weights).map(([factor, weight]) => `${factor} ${show(weight)}`)
    refuse(`algorithm ${id}: the weights must sum to 1, got ${sum} (${parts.join(', ')})`)
  }
  return algorithm
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseAlgorithm(entry: unknown, index: number): Algorithm {
  if (!isRecord(entry) || !isRecord(entry.weights)) {
    refuse(`algorithm ${index} must be an object like {"id": "mine", "weights": {"latency": 1}}, got ${show(entry)}`)
  }
  const { title } = entry
  if (!(title === undefined || typeof title === 'string'))
    refuse(`algorithm ${index}: title must be a string, got ${show(title)}`)
  const algorithm = { id: entry.id as string, weights: entry.weights, ...(title === undefined ? {} : { title }) }
  return checkAlgorithm(algorithm)
}

/**
 * Weight tables from a parsed JSON file: a list of {id, title?, weights}.
 * @throws ERR_INVALID_WEIGHTS naming what is wrong and where
 */
export function parseAlgorithms(json: unknown): readonly Algorithm[] {
  if (!Array.isArray(json)) refuse(`weight tables must be a list of {"id", "weights"} objects, got ${show(json)}`)
  return checkAlgorithms(json.map(parseAlgorithm))
}

/** @throws ERR_INVALID_WEIGHTS for a bad table or two of the same id */
export function checkAlgorithms(algorithms: readonly Algorithm[]): readonly Algorithm[] {
  const seen = new Set<string>()
  for (const { id } of algorithms.map(checkAlgorithm)) {
    if (seen.has(id)) refuse(`algorithm ${id} is given twice; ids must differ`)
    seen.add(id)
  }
  return algorithms
}

/** The base tables with others put in: one with an id of the base takes its place, any other comes after. */
export function withAlgorithms(base: readonly Algorithm[], custom: readonly Algorithm[]): readonly Algorithm[] {
  const replaced = base.map((old) => custom.find(({ id }) => id === old.id) ?? old)
  const added = custom.filter(({ id }) => !base.some((old) => old.id === id))
  return checkAlgorithms([...replaced, ...added])
}

/** An algorithm's weights as two lists of equal length: positions in `FACTOR_IDS`, ascending, and the weights there. */
export interface WeightList {
  readonly factors: readonly number[]
  readonly weights: readonly number[]
}

export function weightList({ weights }: Algorithm): WeightList {
  const used = [...FACTOR_IDS.keys()].filter((i) => (weights[FACTOR_IDS[i]] ?? 0) > 0)
  return { factors: used, weights: used.map((i) => weights[FACTOR_IDS[i]] ?? 0) }
}

/**
 * Progressive scoring: Σ w·m·f / Σ w·m over weight w, maturity m and score f. A factor without evidence hands its weight to the
 * others, in proportion to theirs; {@link NEUTRAL_SCORE} when no factor has any.
 */
export function progressiveScore({ factors, weights }: WeightList, { scores, maturities }: FactorRow): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < factors.length; i += 1) {
    const share = weights[i] * maturities[factors[i]]
    sum += share * scores[factors[i]]
    total += share
  }
  return total > 0 ? sum / total : NEUTRAL_SCORE
}

/** The plain weighted sum of the proof of concept, added up in its order. */
export function weightedSum({ factors, weights }: WeightList, { scores }: FactorRow): number {
  let sum = 0
  for (let i = 0; i < factors.length; i += 1) sum += scores[factors[i]] * weights[i]
  return sum
}
