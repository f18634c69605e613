import type { MeasuredRow } from '../../throughput/measured-row.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'

/** Deciles 1, 5 and 9 of a natural logarithm. Of a model that predicts one number, all three are that number. */
export interface LogQuantiles {
  readonly q10: number
  readonly q50: number
  readonly q90: number
}

/** What is predicted: tokens/s of one request while it writes, and seconds to the first token. */
export const TARGETS = ['speed', 'firstToken'] as const
export type Target = (typeof TARGETS)[number]

/** Undefined where a model cannot say. */
export type LogPrediction = Readonly<Record<Target, LogQuantiles | undefined>>

export interface FittedModel {
  /** In the order of the queries. */
  predict(queries: readonly ThroughputQuery[]): readonly LogPrediction[]
}

/** Something that learns throughput from rows. */
export interface ThroughputModel {
  /** As tables name it. */
  readonly name: string
  /** @param rows at least one; either target may be missing, weights are > 0 */
  fit(rows: readonly MeasuredRow[]): FittedModel | Promise<FittedModel>
}

export function pointQuantiles(value: number): LogQuantiles {
  return { q10: value, q50: value, q90: value }
}

const MS_PER_S = 1000

/** The logarithm that was measured: of tokens/s, or of seconds. */
export function logTarget({ tokensPerSecond, firstTokenMs }: MeasuredRow, target: Target): number | undefined {
  const value = target === 'speed' ? tokensPerSecond : firstTokenMs
  if (value === undefined) return undefined
  return Math.log(target === 'speed' ? value : value / MS_PER_S)
}
