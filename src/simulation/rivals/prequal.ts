import type { Rng } from '../../core/rng.ts'
import type { LoadReport } from '../../job/outcome.ts'
import { quantile } from '../../math/quantile.ts'
import { hotColdChoice, ProbePool } from './probe-pool.ts'
import type { RivalComponents } from './rival.ts'
import { eachCandidate, pickOne, randomIndex, rival } from './rule.ts'
import { onLoad, onOutcome } from './seen.ts'

/** Probes in the pool (paper: m). */
const POOL_SIZE = 16
/** Probes and removals a query (paper: r_probe, r_remove). */
const PROBES_PER_QUERY = 3
const REMOVALS_PER_QUERY = 1
/** The choice is random while the pool holds fewer. */
const LEAST_PROBES = 2
/** A peer is hot with more in flight than this share of what was lately seen (Q_RIF): in the paper, and in prequal-rs. */
const PAPER_HOT_QUANTILE = 2 ** -0.25
const RS_HOT_QUANTILE = 0.6
const SEEN_IN_FLIGHT = 64
/** Paper: δ. */
const NET_ACCUMULATION = 1
/** Uses of a probe where probes cannot keep up with removals, which the paper leaves open. */
const MOST_USES = 16
/** The paper's. */
const MAX_AGE_MS = 1_000
const IDLE_MAX_AGE_MS = 10_000

/** How often a probe may be used, b = max(1, (1 + δ) / ((1 − m/n)·r_probe − r_remove)), rounded at random to a whole number. */
export function reuseBudget(rng: Rng, peerCount: number): number {
  const netGain = (1 - POOL_SIZE / peerCount) * PROBES_PER_QUERY - REMOVALS_PER_QUERY
  const budget = netGain > 0 ? Math.min(MOST_USES, Math.max(1, (1 + NET_ACCUMULATION) / netGain)) : MOST_USES
  return Math.floor(budget + rng.next())
}

/** Time per token of a job that came now, ms: at the reported speed, and longer by the turns that it waits for a slot. */
function latencyOf({ slots, running, queued, tokensPerSecond }: LoadReport): number {
  if (!(tokensPerSecond > 0)) return 0
  return (1000 / tokensPerSecond) * Math.max(1, (running + queued + 1) / Math.max(1, slots))
}

interface PrequalParameters {
  readonly maxAgeMs: number
  /** Q_RIF, 0–1. */
  readonly hotQuantile: number
}

/** A pool of probes and the choice among them. Every load report that the router gets is a probe. */
function prequalRule(components: RivalComponents, { maxAgeMs, hotQuantile }: PrequalParameters) {
  const { rng, table } = components
  const pool = new ProbePool(POOL_SIZE)
  /** In flight at the peers of the last probes, oldest first. */
  const seenInFlight: number[] = []
  let removalsDue = 0
  let removesOldest = true
  // Before the failures, so that a report that comes with one is dropped too.
  onLoad(table, (peer, load, atMs) => {
    removalsDue = Math.min(REMOVALS_PER_QUERY, removalsDue + REMOVALS_PER_QUERY / PROBES_PER_QUERY)
    const inFlight = load.running + load.queued
    if (seenInFlight.push(inFlight) > SEEN_IN_FLIGHT) seenInFlight.shift()
    pool.add({ peer, atMs, inFlight, latency: latencyOf(load), usesLeft: reuseBudget(rng, table.size) })
  })
  onOutcome(table, (peer, { outcome }) => {
    if (!outcome.ok) pool.drop(peer)
  })
  return pickOne((view) => {
    pool.expire(view.atMs - maxAgeMs)
    const indexOf = new Map(eachCandidate(view, (row) => table.peerAt(row)).map((peer, i) => [peer, i]))
    const usable = pool.probes.filter(({ peer }) => indexOf.has(peer))
    const threshold = seenInFlight.length > 0 ? quantile(seenInFlight, hotQuantile) : Infinity
    const chosen = usable.length >= LEAST_PROBES ? hotColdChoice(usable, threshold) : undefined
    if (chosen !== undefined) pool.use(chosen)
    for (; removalsDue >= 1; removalsDue -= 1) {
      if (removesOldest) pool.removeOldest()
      else pool.removeWorst(threshold)
      removesOldest = !removesOldest
    }
    return (chosen && indexOf.get(chosen.peer)) ?? randomIndex(rng, view.count)
  })
}

/**
 * The hot-cold lexicographic choice among probes of at most 1 s.
 *
 * Departures: a router cannot ask in the middle of a choice, so the load reports that it gets anyway are the probes, those that
 * come with replies and those of its regular rounds. Where fewer than three come in a query's time, removals, of the oldest and
 * the worst in turn, keep the paper's proportion of one to three. Latency is the reported time per token times the turns that a
 * job would wait for a slot, where the paper's servers tell the median of their recent latencies at about that load: the report is
 * a mean over the last second of work, and medians over several were measured to be no better. A peer that never ran anything
 * counts as fast; one that is idle is judged by its last job, as in the paper. The ejection of failing servers gives way to the
 * health gate that all share; a failure still drops the peer's probe.
 */
export const prequal = rival(
  {
    id: 'prequal',
    title: 'Prequal (HCL)',
    source: 'Wydrowski et al. 2024, "Load is not what you should balance: Introducing Prequal" (NSDI), section 4'
  },
  (components) => prequalRule(components, { maxAgeMs: MAX_AGE_MS, hotQuantile: PAPER_HOT_QUANTILE })
)

/**
 * The same with probes that last until the next round, however slow the rounds are: up to 10 s. In the paper idle clients probe once
 * a second; here the rounds are what the scenario says, the same for every rule.
 */
export const prequalIdle = rival(
  {
    id: 'prequal-idle',
    title: 'Prequal (HCL) with idle probes',
    source: 'Wydrowski et al. 2024 (Prequal, NSDI), section 4, with its minimum rate of probes for idle clients'
  },
  (components) => prequalRule(components, { maxAgeMs: IDLE_MAX_AGE_MS, hotQuantile: PAPER_HOT_QUANTILE })
)

/**
 * The paper's with a peer hot above the 0.6-quantile, which prequal-rs found to herd less than 0.84. Its other difference, a reuse
 * budget of 1 + δ/(…), does not show with fewer peers than the pool holds.
 */
export const prequalRs = rival(
  {
    id: 'prequal-rs',
    title: 'Prequal (prequal-rs)',
    source: 'prequal-rs/prequal, crates/prequal-core/src/config.rs, balancer.rs and pool.rs at 57887a4'
  },
  (components) => prequalRule(components, { maxAgeMs: MAX_AGE_MS, hotQuantile: RS_HOT_QUANTILE })
)
