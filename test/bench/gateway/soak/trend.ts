import { meanOf } from '../../../../src/math/quantile.ts'
import { upperQuantile } from '../../../../src/simulation/figures.ts'

export interface Reading {
  readonly hours: number
  readonly mb: number
}

/** MB an hour, with a 95 % interval. */
export interface Trend {
  readonly slope: number
  readonly low: number
  readonly high: number
}

const MOST_BLOCKS = 10
/** A line through fewer says nothing of its error. */
const FEWEST_BLOCKS = 4

function blocksOf(readings: readonly Reading[]): Reading[] {
  const count = Math.min(MOST_BLOCKS, readings.length)
  return Array.from({ length: count }, (_, i) => {
    const block = readings.slice(Math.floor((i * readings.length) / count), Math.floor(((i + 1) * readings.length) / count))
    return { hours: meanOf(block.map(({ hours }) => hours)), mb: meanOf(block.map(({ mb }) => mb)) }
  })
}

/**
 * The least-squares line through the means of ten blocks of the readings, with Student's interval: memory goes up and down with
 * garbage collection, so that neighbouring readings are no independent ones; means of long blocks nearly are.
 * @returns undefined for fewer than four readings
 */
export function trendOf(readings: readonly Reading[]): Trend | undefined {
  if (readings.length < FEWEST_BLOCKS) return undefined
  const blocks = blocksOf(readings)
  const [hours, mb] = [meanOf(blocks.map((block) => block.hours)), meanOf(blocks.map((block) => block.mb))]
  const spread = blocks.reduce((sum, block) => sum + (block.hours - hours) ** 2, 0)
  const slope = blocks.reduce((sum, block) => sum + (block.hours - hours) * (block.mb - mb), 0) / spread
  const residual = blocks.reduce((sum, block) => sum + (block.mb - mb - slope * (block.hours - hours)) ** 2, 0)
  const df = blocks.length - 2
  const half = upperQuantile(df) * Math.sqrt(residual / df / spread)
  return { slope, low: slope - half, high: slope + half }
}

export type Verdict = 'steady' | 'grows' | 'unclear'

/** Whether memory grows by more than a limit, MB an hour: steady and grows only where the whole interval says so. */
export function verdictOf(trend: Trend | undefined, limitMbPerHour: number): Verdict {
  if (trend === undefined) return 'unclear'
  if (trend.high <= limitMbPerHour) return 'steady'
  return trend.low > limitMbPerHour ? 'grows' : 'unclear'
}
