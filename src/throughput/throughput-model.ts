import { checkInteger } from '../core/check.ts'
import { DECILE_SPAN } from './calibration.ts'
import { forecastInto, jobFactors } from './factors.ts'
import type { HeadInputs } from './head-features.ts'
import { type KnownMachine, MachineCache, type MachineOutputs } from './known-machine.ts'
import { type Load, loadOf } from './load.ts'
import type { ModelDocument } from './model-document.ts'
import { QUANTILE_COUNT } from './physics.ts'
import { checkQuery, type ThroughputQuery } from './query.ts'

export interface ThroughputModelOptions {
  /** Machines that are remembered, ≥ 1. @default 4096 */
  readonly machines?: number
}

const DEFAULTS = { machines: 4_096 } as const satisfies ThroughputModelOptions

/**
 * What is expected of a job: deciles 1, 5 and 9 of each figure. 1 to 9 cover 80 % of GPUs that were never seen, where the query says the
 * operating system and no engine but llamafile; of other queries they are as wide as covers 80 % of a source that was never seen, as a
 * mean over the sources of the training data.
 */
export interface ThroughputPrediction {
  /** Of one request, while it writes. */
  readonly tpsP10: number
  readonly tpsP50: number
  readonly tpsP90: number
  /** From sending the request to its first token, with the round trip, ms. */
  readonly ttftMsP10: number
  readonly ttftMsP50: number
  readonly ttftMsP90: number
  /** Whether GPUs of this name were in the training data. */
  readonly knownGpu: boolean
}

/** What is expected of the logarithm of a figure. */
export interface LogBelief {
  readonly mean: number
  readonly variance: number
}

/** Peers that a job might go to, by index. */
export interface ForecastCandidates {
  readonly machines: readonly KnownMachine[]
  /** Requests side by side at each, the new one included, ≥ 1. */
  readonly concurrency: ArrayLike<number>
  readonly count: number
}

/** Columns of {@link ThroughputModel.forecast}: those of a prediction, without the round trip. */
export const FORECAST_COLUMNS = QUANTILE_COUNT

/**
 * Speed and time to first token of machines that were never seen, from their names. Never faster for less bandwidth, more load, a larger
 * model or more bits; never sooner for a longer prompt or a longer round trip.
 */
export interface ThroughputModel {
  readonly document: ModelDocument
  /** @returns a row a query, in order @throws ERR_INVALID_OPTION for a figure out of range */
  predict(queries: readonly ThroughputQuery[]): ThroughputPrediction[]
  /** ln of the ms between tokens, as the start of a belief about a peer's pace. @throws ERR_INVALID_OPTION */
  logMsPerToken(query: ThroughputQuery): LogBelief
  /** What an online head learns from. @param cpuRatio load of the peer's processors, 0–1 @throws ERR_INVALID_OPTION */
  headInputs(query: ThroughputQuery, cpuRatio?: number): HeadInputs
  /** The machine of a query, to be kept for {@link forecast}. */
  machine(query: ThroughputQuery): KnownMachine
  /**
   * One job at many peers, without objects.
   * @param load of the job; its concurrency is the candidates'
   * @param into filled with {@link FORECAST_COLUMNS} a candidate
   */
  forecast(load: Load, candidates: ForecastCandidates, into: Float64Array): void
}

/** @throws ERR_INVALID_OPTION */
export function throughputModel(document: ModelDocument, options: ThroughputModelOptions = {}): ThroughputModel {
  const { machines } = { ...DEFAULTS, ...options }
  return new PhysicsModel(document, checkInteger('machines', machines, { min: 1 }))
}

/** An answer and what it was made from. */
interface Answered {
  readonly machine: KnownMachine
  readonly outputs: MachineOutputs
  readonly load: Load
}

class PhysicsModel implements ThroughputModel {
  readonly document: ModelDocument
  readonly #machines: MachineCache
  readonly #row = new Float64Array(FORECAST_COLUMNS)

  constructor(document: ModelDocument, machines: number) {
    this.document = document
    this.#machines = new MachineCache(document, machines)
  }

  machine(query: ThroughputQuery): KnownMachine {
    return this.#machines.of(query)
  }

  /** Fills the row. */
  #answer(query: ThroughputQuery): Answered {
    const load = loadOf(checkQuery(query))
    const machine = this.#machines.of(query)
    const outputs = machine.outputs(load)
    forecastInto(outputs.factors, jobFactors(load), load.concurrency, { into: this.#row, offset: 0 })
    return { machine, outputs, load }
  }

  predict(queries: readonly ThroughputQuery[]): ThroughputPrediction[] {
    return queries.map((query) => {
      const { machine } = this.#answer(query)
      const [tpsP10, tpsP50, tpsP90, below, median, above] = this.#row
      const { rttMs = 0 } = query
      const { knownGpu } = machine
      return { tpsP10, tpsP50, tpsP90, ttftMsP10: below + rttMs, ttftMsP50: median + rttMs, ttftMsP90: above + rttMs, knownGpu }
    })
  }

  logMsPerToken(query: ThroughputQuery): LogBelief {
    this.#answer(query)
    const [slow, median, fast] = this.#row
    return { mean: Math.log(1000 / median), variance: (Math.log(fast / slow) / DECILE_SPAN) ** 2 }
  }

  headInputs(query: ThroughputQuery, cpuRatio?: number): HeadInputs {
    const { outputs, load } = this.#answer(query)
    const [speed10, speed50, speed90] = this.#row.map(Math.log)
    const { claimedTokensPerSecond: claimed = 0 } = query
    return {
      hidden: outputs.hidden,
      speed10,
      speed50,
      speed90,
      ...(claimed > 0 && { claimResidual: Math.log(claimed) - this.#logSpeedAlone(outputs, load) }),
      ...(cpuRatio !== undefined && { cpuRatio })
    }
  }

  /** Claims are of a job that has the peer to itself. */
  #logSpeedAlone({ factors }: MachineOutputs, load: Load): number {
    forecastInto(factors, jobFactors(load), 1, { into: this.#row, offset: 0 })
    return Math.log(this.#row[1])
  }

  forecast(load: Load, { machines, concurrency, count }: ForecastCandidates, into: Float64Array): void {
    const job = jobFactors(load)
    const place = { into, offset: 0 }
    for (let i = 0; i < count; i++) {
      place.offset = i * FORECAST_COLUMNS
      forecastInto(machines[i].outputs(load).factors, job, concurrency[i], place)
    }
  }
}
