import type { Rng } from '../../core/rng.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'

export interface PoolOptions {
  readonly rng: Rng
  /** Candidates of a pool, ≥ 2. @default 8 */
  readonly size?: number
  /** How many pools. @default 200 */
  readonly count?: number
}

/** Rows of one kind of job: what a router would choose among. */
function jobOf({ query }: MeasuredRow): string {
  const { model, quant, paramsB, promptTokens, outputTokens, concurrency } = query
  return JSON.stringify([model, quant, paramsB, promptTokens, outputTokens, concurrency])
}

/** Positions of rows that are candidates for the same job, at least two a pool, drawn by the rng. None where no job has two rows. */
export function candidatePools(rows: readonly MeasuredRow[], { rng, size = 8, count = 200 }: PoolOptions): number[][] {
  const jobs = [...Map.groupBy(rows.keys(), (i) => jobOf(rows[i])).values()].filter((of) => of.length > 1)
  // A job is drawn as often as it has rows.
  const all = jobs.flatMap((of) => of.map(() => of))
  if (all.length === 0) return []
  return Array.from({ length: count }, () => {
    const left = [...all[Math.floor(rng.next() * all.length)]]
    return Array.from({ length: Math.min(size, left.length) }, () => left.splice(Math.floor(rng.next() * left.length), 1)[0])
  })
}
