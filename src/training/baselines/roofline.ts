import { type Load, loadOf } from '../../throughput/load.ts'
import { type Machine, machineOf } from '../../throughput/machine.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { rooflineTokensPerSecond } from '../../throughput/roofline.ts'
import type { ThroughputModel } from '../evaluation/model.ts'
import { baseline, type Predict, type TargetFit, type TargetRow } from './baseline.ts'
import { weightedMedian } from '../../math/weighted-quantile.ts'

/** The logarithm of what the hardware could do at most. */
type Bound = (machine: Machine, load: Load) => number | undefined

const readAllWeights: Bound = (machine, load) => {
  const speed = rooflineTokensPerSecond(machine, load, 1)
  return speed === undefined ? undefined : Math.log(speed)
}

/** Seconds: two operations for each parameter and token of all prompts, with the shaders' peak. */
const computePrompt: Bound = ({ gpu, gpuCount }, { activeParams, promptTokens, concurrency }) => {
  const tflops = gpu?.fp32Tflops ?? undefined
  if (tflops === undefined) return undefined
  return Math.log((2 * activeParams * promptTokens * concurrency) / (tflops * 1e12 * gpuCount))
}

function boundOf(bound: Bound, query: ThroughputQuery): number | undefined {
  return bound(machineOf(query), loadOf(query))
}

interface Bounded {
  readonly log: number
  readonly y: number
  readonly weight: number
}

function boundedRows(rows: readonly TargetRow[], bound: Bound): Bounded[] {
  return rows.flatMap(({ query, y, weight }) => {
    const log = boundOf(bound, query)
    return log === undefined ? [] : [{ log, y, weight }]
  })
}

/** The bound times a factor: the median of what was reached. */
function timesFactor(bound: Bound): TargetFit {
  return (rows) => {
    const bounded = boundedRows(rows, bound)
    if (bounded.length === 0) return () => undefined
    const factor = weightedMedian(
      bounded.map(({ log, y }) => y - log),
      bounded.map(({ weight }) => weight)
    )
    return (query) => {
      const log = boundOf(bound, query)
      return log === undefined ? undefined : log + factor
    }
  }
}

/** Small models spend a larger share of their time on what is not reading weights, billions. */
const SMALL_BELOW_B = 3

function isSmall(query: ThroughputQuery): boolean {
  return loadOf(query).activeParams < SMALL_BELOW_B * 1e9
}

/** A factor for small models, and one for the others. */
function bySize(fit: TargetFit): TargetFit {
  return (rows) => {
    const [small, large] = [true, false].map((wanted) => rows.filter(({ query }) => isSmall(query) === wanted))
    const [predictSmall, predictLarge] = [small, large].map((part): Predict => fit(part.length === 0 ? rows : part))
    return (query) => (isSmall(query) ? predictSmall(query) : predictLarge(query))
  }
}

/** What the constant may be, seconds: none, and 20 µs to 20 s in steps of a sixth. */
const CONSTANTS_S = [0, ...Array.from({ length: 90 }, (_, i) => 2e-5 * (7 / 6) ** i)]

interface Line {
  /** Seconds over the bound's seconds, as a logarithm. */
  readonly factor: number
  readonly constantS: number
}

/**
 * Seconds as factor · bound + constant, least absolute errors of the logarithms: for each constant the factor is a median.
 * @param sign 1 where the logarithms are of seconds, −1 where they are of a speed
 */
function bestLine(bounded: readonly Bounded[], sign: 1 | -1): Line {
  const weights = bounded.map(({ weight }) => weight)
  let best: Line & { readonly error: number } = { factor: 0, constantS: 0, error: Infinity }
  for (const constantS of CONSTANTS_S) {
    // Rows that took less time than the constant alone say that the factor is small.
    const left = bounded.map(({ log, y }) => Math.log(Math.max(1e-9, Math.exp(sign * y) - constantS)) - sign * log)
    const factor = weightedMedian(left, weights)
    const error = bounded.reduce(
      (sum, { log, y, weight }) => sum + weight * Math.abs(Math.log(Math.exp(sign * log + factor) + constantS) - sign * y),
      0
    )
    if (error < best.error) best = { factor, constantS, error }
  }
  return best
}

function plusConstant(bound: Bound, sign: 1 | -1): TargetFit {
  return (rows) => {
    const bounded = boundedRows(rows, bound)
    if (bounded.length === 0) return () => undefined
    const { factor, constantS } = bestLine(bounded, sign)
    return (query) => {
      const log = boundOf(bound, query)
      return log === undefined ? undefined : sign * Math.log(Math.exp(sign * log + factor) + constantS)
    }
  }
}

/** Memory bandwidth over the bytes of a token, and the prompt's operations over the shaders' peak: one efficiency each. */
export const roofline: ThroughputModel = baseline('roofline', {
  speed: timesFactor(readAllWeights),
  firstToken: timesFactor(computePrompt)
})

/** The same with an efficiency for models below three billion parameters, and one for the others. */
export const rooflineBySize: ThroughputModel = baseline('roofline by size', {
  speed: bySize(timesFactor(readAllWeights)),
  firstToken: bySize(timesFactor(computePrompt))
})

/** The same with one efficiency and a constant time: of every token, and of every first token. */
export const rooflinePlusConstant: ThroughputModel = baseline('roofline + constant', {
  speed: plusConstant(readAllWeights, -1),
  firstToken: plusConstant(computePrompt, 1)
})
