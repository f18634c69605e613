import { encodeMachine, encodePhysics, MACHINE_WIDTH, PHYSICS_WIDTH } from '../../throughput/features.ts'
import { loadOf } from '../../throughput/load.ts'
import { machineOf } from '../../throughput/machine.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { logTarget, pointQuantiles, type Target, TARGETS, type ThroughputModel } from '../evaluation/model.ts'

/** A row with one target. */
export interface TargetRow {
  readonly query: ThroughputQuery
  /** The logarithm that was measured. */
  readonly y: number
  readonly weight: number
}

/** The logarithm that is predicted; undefined where the model cannot say. */
export type Predict = (query: ThroughputQuery) => number | undefined

/** Learns one target. @param rows those that have it; maybe none */
export type TargetFit = (rows: readonly TargetRow[]) => Predict

/** A model of two, one for each target, that predicts numbers and no intervals. */
export function baseline(name: string, fits: Readonly<Record<Target, TargetFit>>): ThroughputModel {
  return {
    name,
    fit(rows) {
      const fitted = TARGETS.map((target) => {
        const own = rows.flatMap((row): TargetRow[] => {
          const y = logTarget(row, target)
          return y === undefined ? [] : [{ query: row.query, y, weight: row.weight }]
        })
        return own.length === 0 ? () => undefined : fits[target](own)
      })
      const quantiles = (predict: Predict, query: ThroughputQuery) => {
        const value = predict(query)
        return value === undefined ? undefined : pointQuantiles(value)
      }
      return {
        predict: (queries) =>
          queries.map((query) => ({ speed: quantiles(fitted[0], query), firstToken: quantiles(fitted[1], query) }))
      }
    }
  }
}

export const FEATURE_COUNT = MACHINE_WIDTH + PHYSICS_WIDTH

/** Everything that the network and its physics see of a query, as one row. */
export function featuresOf(query: ThroughputQuery): Float32Array {
  const row = new Float32Array(FEATURE_COUNT)
  const [machine, load] = [machineOf(query), loadOf(query)]
  encodeMachine(machine, load, row)
  encodePhysics(machine, load, row, MACHINE_WIDTH)
  return row
}
