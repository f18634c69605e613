import { workTokens } from '../../job/job.ts'
import type { LoadReport } from '../../job/outcome.ts'
import { meanOf } from '../../math/quantile.ts'
import { cheapest, eachCandidate, pickOne, rival } from './rule.ts'
import { moved, onOutcome, peerStates, workOf } from './seen.ts'

/** What pressure on the KV cache costs, s. */
const PRESSURE_SECONDS = 0.15
/** Use of the cache at most: nobody is infinitely full. */
const MOST_PRESSURE = 0.999
/** Output of a server that says none while nobody does, tokens/s. */
const DEFAULT_TOKENS_PER_SECOND = 2_000
/** A report is no longer believed after three intervals of its polls. */
const STALE_AFTER_MS = 30_000
/** Share of the newest job in the mean size of jobs, and that size before the first one, in work tokens. */
const SIZE_SHARE = 0.05
const DEFAULT_SIZE = 1_024 / 20

interface Polled {
  load?: LoadReport
  atMs: number
  /** Work sent there since the report, whether it is done or not. */
  sentTokens: number
}

/** tokens/s of all jobs there; 0 where nothing ran or nothing is known */
function outputOf(load: LoadReport | undefined): number {
  return load === undefined ? 0 : load.running * load.tokensPerSecond
}

/**
 * The shortest time to work off what waits there and what was sent since the last report, at the reported output, + 0.15 s·k/(1 − k)
 * for the pressure k on the KV cache.
 *
 * Departures: busy slots stand for the use of the cache; waiting jobs are reported by number, so they count with the mean size of the
 * jobs that the router saw. Who reports no output has the mean output of the others, which is what the default of 2000 tokens/s is to
 * be set to. Reports are those of probes and of answers on their way, not what comes with an outcome; those without a fresh one are
 * judged by own jobs. All work is in work tokens, where there prompts alone count: with these it was measured to be no better.
 */
export const smgLeastLoad = rival(
  {
    id: 'smg-least-load',
    title: 'smg (SGLang model gateway) least load',
    source: 'lightseekorg/smg, model_gateway/src/policies/least_load.rs at 3bb34d0'
  },
  ({ table, rng }) => {
    const polls = peerStates<Polled>(table, () => ({ atMs: -Infinity, sentTokens: 0 }))
    let meanSize: number | undefined
    table.subscribe((peer, observation, atMs) => {
      if (observation.kind === 'load') Object.assign(polls.of(peer), { load: observation.load, atMs, sentTokens: 0 })
    })
    onOutcome(table, (_peer, seen) => {
      meanSize = moved(meanSize, workOf(seen), SIZE_SHARE)
    })
    return pickOne((view, { promptTokens, expectedOutputTokens }) => {
      const { rows, count, atMs } = view
      const size = meanSize ?? DEFAULT_SIZE
      const polled = eachCandidate(view, (row) => polls.of(table.peerAt(row)))
      const fresh = polled.map(({ load, atMs: polledMs }) => (atMs - polledMs <= STALE_AFTER_MS ? load : undefined))
      const outputs = fresh.map(outputOf).filter((output) => output > 0)
      const usualOutput = outputs.length > 0 ? meanOf(outputs) : DEFAULT_TOKENS_PER_SECOND
      const chosen = cheapest(rng, count, (i) => {
        const load = fresh[i]
        if (load === undefined) return (table.inFlight(rows[i]) * size) / usualOutput
        const pressure = Math.min(MOST_PRESSURE, load.running / Math.max(1, load.slots))
        const waiting = load.queued * size + polled[i].sentTokens
        return waiting / (outputOf(load) || usualOutput) + (PRESSURE_SECONDS * pressure) / (1 - pressure)
      })
      polled[chosen].sentTokens += workTokens(promptTokens, expectedOutputTokens)
      return chosen
    })
  }
)
