import type { ExclusionReason, PeerId } from '../job/decision.ts'
import type { HealthGate } from '../health/health-gate.ts'
import type { PeerTable } from '../peer/peer-table.ts'

export type Exclusions = Partial<Record<ExclusionReason, number>>

/** The rows of the eligible candidates, in a buffer that is used again by the next decision. */
export interface Eligible {
  readonly rows: Int32Array
  readonly count: number
  readonly excluded: Exclusions
}

export interface FilterComponents {
  readonly table: PeerTable
  readonly health: HealthGate
}

const NONE_TRIED: ReadonlySet<PeerId> = new Set()

/** Filters candidates: unknown to the table, tried for this job already, cooling, full, or being probed. */
export class CandidateFilter {
  readonly #table: PeerTable
  readonly #health: HealthGate
  #rows = new Int32Array(64)
  #probed = new Int32Array(64)
  /** Where the candidate at each position was the last time; candidate lists change little from job to job. */
  #hints = new Int32Array(64).fill(-1)

  constructor({ table, health }: FilterComponents) {
    this.#table = table
    this.#health = health
  }

  /**
   * Unknown peers that are being probed already are kept back as long as anybody else is eligible. When nobody is, the least
   * burdened of them take the job: a cold start must not refuse work.
   */
  eligible(candidates: readonly PeerId[], atMs: number, tried: ReadonlySet<PeerId> = NONE_TRIED): Eligible {
    this.#makeRoom(candidates.length)
    const excluded: Exclusions = {}
    let count = 0
    let probed = 0
    for (let i = 0; i < candidates.length; i++) {
      const peer = candidates[i]
      const row = this.#table.rowOf(peer, this.#hints[i])
      this.#hints[i] = row
      const reason = this.#exclusion(row, peer, tried, atMs)
      if (reason === undefined) this.#rows[count++] = row
      else {
        excluded[reason] = (excluded[reason] ?? 0) + 1
        if (reason === 'probing') this.#probed[probed++] = row
      }
    }
    if (count > 0 || probed === 0) return { rows: this.#rows, count, excluded }
    return { rows: this.#rows, count: this.#leastBurdened(probed), excluded }
  }

  #makeRoom(count: number): void {
    if (count <= this.#rows.length) return
    this.#rows = new Int32Array(count * 2)
    this.#probed = new Int32Array(count * 2)
    this.#hints = new Int32Array(count * 2).fill(-1)
  }

  #exclusion(row: number, peer: PeerId, tried: ReadonlySet<PeerId>, atMs: number): ExclusionReason | undefined {
    if (row < 0) return 'unknown-peer'
    if (tried.size > 0 && tried.has(peer)) return 'tried'
    return this.#health.exclusion(row, atMs)
  }

  #leastBurdened(probed: number): number {
    let least = Infinity
    for (let i = 0; i < probed; i++) least = Math.min(least, this.#table.inFlight(this.#probed[i]))
    let count = 0
    for (let i = 0; i < probed; i++) {
      if (this.#table.inFlight(this.#probed[i]) === least) this.#rows[count++] = this.#probed[i]
    }
    return count
  }
}
