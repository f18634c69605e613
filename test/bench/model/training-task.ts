import { systemClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { encodeRows, type EncodedRows } from '../../../src/training/encoded-rows.ts'
import { type ResolvedTrainingOptions, resolveTrainingOptions } from '../../../src/training/trainer-options.ts'
import { measuredRows } from '../../training/support.ts'
import { TRAINING_CONSTANTS } from './constants.ts'
import { median } from './timing.ts'

export interface TrainingTask {
  readonly rows: EncodedRows
  readonly options: ResolvedTrainingOptions
}

/** What everybody trains: equal in every process. */
export function trainingTask(): TrainingTask {
  const { seed, rows, epochs, hidden, noise, hiding } = TRAINING_CONSTANTS
  return {
    rows: encodeRows(measuredRows(rows, pcg32(seed))),
    options: resolveTrainingOptions({ rng: pcg32(seed + 1), epochs, hidden, noise, hiding })
  }
}

/** Rows a second of the median epoch. */
export class EpochTimer {
  readonly #seconds: number[] = []
  #start = systemClock.now()

  /** An epoch ends, and the next begins. */
  lap(): void {
    const now = systemClock.now()
    this.#seconds.push((now - this.#start) / 1000)
    this.#start = now
  }

  rowsPerSecond(rows: number): number {
    return rows / median(this.#seconds.slice(TRAINING_CONSTANTS.warmUpEpochs))
  }
}
