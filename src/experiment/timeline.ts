import { checkInteger } from '../core/check.ts'
import type { JobRow, Side, TimelineSlice } from './comparison-types.ts'

interface Tally {
  readonly sumMs: Record<Side, number>
  readonly jobs: Record<Side, number>
  readonly arms: Record<string, number>
}

function emptyTally(): Tally {
  return { sumMs: { adaptive: 0, static: 0 }, jobs: { adaptive: 0, static: 0 }, arms: {} }
}

function meanOfSide(tally: Tally, side: Side): number | null {
  return tally.jobs[side] > 0 ? tally.sumMs[side] / tally.jobs[side] : null
}

/**
 * Cuts the run, from its start to the last arrival, into slices of equal length, jobs by their arrival.
 * @param slices how many, ≥ 1
 */
export function timelineOf(rows: readonly JobRow[], slices: number): readonly TimelineSlice[] {
  checkInteger('slices', slices, { min: 1 })
  const endMs = rows.reduce((latest, row) => Math.max(latest, row.arrivalMs), 0)
  const sliceMs = endMs > 0 ? endMs / slices : 1
  const tallies = Array.from({ length: slices }, emptyTally)
  for (const row of rows) {
    const tally = tallies[Math.min(slices - 1, Math.floor(row.arrivalMs / sliceMs))]
    if (tally === undefined) continue
    tally.sumMs[row.side] += row.durationMs
    tally.jobs[row.side] += 1
    if (row.side === 'adaptive') tally.arms[row.arm] = (tally.arms[row.arm] ?? 0) + 1
  }
  return tallies.map((tally, slice) => ({
    atMs: (slice + 0.5) * sliceMs,
    adaptiveMeanMs: meanOfSide(tally, 'adaptive'),
    staticMeanMs: meanOfSide(tally, 'static'),
    adaptiveArms: tally.arms
  }))
}
