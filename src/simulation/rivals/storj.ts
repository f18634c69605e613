import { betterOfTwo, pickOne, rival } from './rule.ts'
import { onOutcome, peerStates } from './seen.ts'

/** Kept at a time; the one after the next is already cleared, so that seven count. */
const GENERATIONS = 8
const GENERATION_MS = 600_000

/** Outcomes by generation, in a ring. */
interface Counters {
  readonly successes: Float64Array
  readonly total: Float64Array
  /** The generation that was last cleared for. */
  generation: number
}

function advance(counters: Counters, generation: number): void {
  const first = Math.max(counters.generation + 1, generation - GENERATIONS + 1)
  for (let g = first; g <= generation; g += 1) {
    const cleared = (g + 1) % GENERATIONS
    counters.successes[cleared] = 0
    counters.total[cleared] = 0
  }
  counters.generation = Math.max(counters.generation, generation)
}

/** Of the last hour or so; undefined when there were no outcomes. */
function successRatio({ successes, total }: Counters): number | undefined {
  const all = total.reduce((sum, count) => sum + count, 0)
  return all > 0 ? successes.reduce((sum, count) => sum + count, 0) / all : undefined
}

/**
 * The higher share of successes of two drawn at random; one without outcomes is preferred.
 *
 * Departures: a success is a job done, a failure one that failed; Storj also counts a piece as failed that came too late to be
 * needed. Generations change by the wall clock.
 */
export const storj = rival(
  {
    id: 'storj',
    title: 'Storj success tracker (percent), choice of two',
    source: 'storj/storj, satellite/metainfo/success_tracker.go and satellite/nodeselection/selector.go at 5dbec64'
  },
  ({ table, rng }) => {
    const trackers = peerStates<Counters>(table, () => ({
      successes: new Float64Array(GENERATIONS),
      total: new Float64Array(GENERATIONS),
      generation: -1
    }))
    const at = (peer: string, atMs: number) => {
      const counters = trackers.of(peer)
      advance(counters, Math.max(0, Math.floor(atMs / GENERATION_MS)))
      return counters
    }
    onOutcome(table, (peer, { outcome }, atMs) => {
      const { successes, total, generation } = at(peer, atMs)
      total[generation % GENERATIONS] += 1
      if (outcome.ok) successes[generation % GENERATIONS] += 1
    })
    return pickOne(({ rows, count, atMs }) =>
      betterOfTwo(rng, count, (i) => -(successRatio(at(table.peerAt(rows[i]), atMs)) ?? Infinity))
    )
  }
)
