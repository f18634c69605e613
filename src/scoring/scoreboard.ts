import { checkNonNegative, checkOneOf } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { ArmId, CandidateView, Ranker } from '../peer/ranker.ts'
import type { SeedRecorder } from '../peer/seed-metrics.ts'
import {
  type Algorithm,
  ALGORITHMS,
  checkAlgorithms,
  progressiveScore,
  weightedSum,
  type WeightList,
  weightList
} from './algorithms.ts'
import { FACTOR_IDS, type FactorId } from './factor.ts'
import { factorRow, type FactorRow, judgeEvidence, judgeSeedMetrics } from './factors.ts'

export interface ScoreboardOptions {
  /** The arms, one an algorithm. @default ALGORITHMS */
  readonly algorithms?: readonly Algorithm[]
  /**
   * How old a score may get while nothing new is observed, ms ≥ 0: what time does to evidence shows after at most this long.
   * @default 1000
   */
  readonly maxAgeMs?: number
  /** The corrected factors, or those of the proof of concept with all their faults. @default corrected */
  readonly variant?: 'corrected' | 'seed'
  /** What the seed variant scores from: a recorder that is subscribed to the table. Required there, unused otherwise. */
  readonly recorder?: SeedRecorder
}

const DEFAULTS = { algorithms: ALGORITHMS, maxAgeMs: 1000, variant: 'corrected' } as const satisfies ScoreboardOptions

/** A factor's part in the scores of one peer. */
export interface FactorScore {
  readonly factor: FactorId
  /** 0–100 (the proof of concept's may leave that range) */
  readonly score: number
  /** 0–1 */
  readonly maturity: number
  /** Share of the factor in each algorithm's score of this peer, 0–1; 0 where it is not used or has no evidence. */
  readonly shares: Readonly<Record<ArmId, number>>
}

/** The scores of all peers of a table under all algorithms; a ranker with one arm an algorithm. */
export interface Scoreboard extends Ranker {
  readonly algorithms: readonly Algorithm[]
  /** What `rank` would write for the row. @throws ERR_INVALID_OPTION for an algorithm that is not on the board */
  score(row: number, algorithm: ArmId, atMs: number): number
  /** All factors of a row, for explanations; computed anew at each call. */
  factors(row: number, atMs: number): readonly FactorScore[]
}

/**
 * Only the algorithms' scores are kept, not the factors, which are cheap to recompute for an explanation and would double the
 * memory. Single precision: differences in the eighth digit of a score are noise, and half the bytes is half the cache misses.
 */
interface Cache {
  /** Row-major, so that one peer's scores share a cache line. */
  scores: Float32Array
  /** Version of the row's evidence that the scores are from; 0 for none. */
  versions: Int32Array
  /** When the scores are to be made again at the latest. */
  dueAtMs: Float64Array
}

function createCache(rowCount: number, arms: number): Cache {
  return { scores: new Float32Array(rowCount * arms), versions: new Int32Array(rowCount), dueAtMs: new Float64Array(rowCount) }
}

/** A number in [0, 1) that is another one for each row and each time, evenly spread over the rows. */
function spread(row: number, atMs: number): number {
  return Math.abs((row + atMs) * 0.6180339887498949) % 1
}

/** @throws ERR_INVALID_OPTION, ERR_INVALID_WEIGHTS */
export function scoreboard(table: PeerTable, options: ScoreboardOptions = {}): Scoreboard {
  const { algorithms, maxAgeMs, variant, recorder } = { ...DEFAULTS, ...options }
  checkNonNegative('maxAgeMs', maxAgeMs)
  checkOneOf('variant', variant, ['corrected', 'seed'])
  if (variant === 'seed' && recorder === undefined) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      'recorder is required for the seed variant, got undefined: pass a seedRecorder()'
    )
  }
  return new CachedScoreboard(table, checkAlgorithms(algorithms), { maxAgeMs, seed: variant === 'seed' ? recorder : undefined })
}

class CachedScoreboard implements Scoreboard {
  readonly arms: readonly ArmId[]
  readonly algorithms: readonly Algorithm[]
  readonly #table: PeerTable
  readonly #lists: readonly WeightList[]
  readonly #maxAgeMs: number
  readonly #seed: SeedRecorder | undefined
  readonly #factors: FactorRow = factorRow()
  #cache: Cache

  constructor(
    table: PeerTable,
    algorithms: readonly Algorithm[],
    { maxAgeMs, seed }: { readonly maxAgeMs: number; readonly seed: SeedRecorder | undefined }
  ) {
    this.algorithms = algorithms
    this.arms = algorithms.map(({ id }) => id)
    this.#table = table
    this.#lists = algorithms.map(weightList)
    this.#maxAgeMs = maxAgeMs
    this.#seed = seed
    this.#cache = createCache(table.rowCount, this.arms.length)
  }

  rank({ table, rows, count, atMs }: CandidateView, _job: unknown, into: Float64Array): void {
    if (table !== this.#table) {
      throw new PeerbanditError(
        'ERR_INVALID_OPTION',
        'view.table must be the table that the scoreboard was made for, got another one'
      )
    }
    this.#makeRoom()
    const { scores } = this.#cache
    const arms = this.arms.length
    for (let i = 0; i < count; i += 1) {
      const row = rows[i]
      if (!this.#isFresh(row, atMs)) this.#refresh(row, atMs)
      for (let arm = 0; arm < arms; arm += 1) into[arm * count + i] = scores[row * arms + arm]
    }
  }

  score(row: number, algorithm: ArmId, atMs: number): number {
    const arm = this.arms.indexOf(algorithm)
    if (arm < 0) {
      throw new PeerbanditError('ERR_INVALID_OPTION', `algorithm must be one of ${this.arms.join(', ')}, got ${algorithm}`)
    }
    this.#makeRoom()
    if (!this.#isFresh(row, atMs)) this.#refresh(row, atMs)
    return this.#cache.scores[row * this.arms.length + arm]
  }

  factors(row: number, atMs: number): readonly FactorScore[] {
    const { scores, maturities } = this.#factors
    this.#judge(row, atMs)
    const totals = this.#lists.map((list) =>
      list.factors.reduce((sum, factor, i) => sum + list.weights[i] * maturities[factor], 0)
    )
    return FACTOR_IDS.map((factor, position) => {
      const shares = this.algorithms.map(({ id, weights }, arm) => {
        const share = (weights[factor] ?? 0) * maturities[position]
        return [id, share > 0 ? share / totals[arm] : 0] as const
      })
      return { factor, score: scores[position], maturity: maturities[position], shares: Object.fromEntries(shares) }
    })
  }

  /** A clock that went back makes scores stale too. */
  #isFresh(row: number, atMs: number): boolean {
    const leftMs = this.#cache.dueAtMs[row] - atMs
    return this.#cache.versions[row] === this.#table.version(row) && leftMs > 0 && leftMs <= this.#maxAgeMs
  }

  #refresh(row: number, atMs: number): void {
    const { scores, versions, dueAtMs } = this.#cache
    const arms = this.arms.length
    this.#judge(row, atMs)
    const combine = this.#seed === undefined ? progressiveScore : weightedSum
    for (let arm = 0; arm < arms; arm += 1) scores[row * arms + arm] = combine(this.#lists[arm], this.#factors)
    versions[row] = this.#table.version(row)
    // Rows fall due at different times, so that no single decision pays for all of them.
    dueAtMs[row] = atMs + this.#maxAgeMs * (0.5 + 0.5 * spread(row, atMs))
  }

  #judge(row: number, atMs: number): void {
    if (this.#seed === undefined) judgeEvidence(this.#table.evidence(row, atMs), this.#factors)
    else judgeSeedMetrics(this.#seed.metrics(this.#table.peerAt(row)), atMs, this.#factors)
  }

  #makeRoom(): void {
    const { rowCount } = this.#table
    if (rowCount <= this.#cache.versions.length) return
    const grown = createCache(Math.ceil(rowCount * 1.25), this.arms.length)
    grown.scores.set(this.#cache.scores)
    grown.versions.set(this.#cache.versions)
    grown.dueAtMs.set(this.#cache.dueAtMs)
    this.#cache = grown
  }
}
