import { checkNonNegative, checkPositive } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import type { ArmBelief } from '../bandit/policy.ts'
import { meanOf, quantile } from '../math/quantile.ts'
import type {
  Agreement,
  ArmReport,
  BeliefReport,
  ComparisonReport,
  IncidentMark,
  JobRow,
  PairedComparison,
  PeerInfo,
  PeerReport,
  Side,
  SideSummary
} from './comparison-types.ts'
import { pairedInterval } from './paired-interval.ts'
import { summariseSide } from './side-summary.ts'
import { timelineOf } from './timeline.ts'
import { verdictOf } from './verdict.ts'

/** What a run hands over; the rest of the report is computed. */
export interface ComparisonInput {
  readonly seed: number
  readonly minutes: number
  readonly workload: string
  readonly utilisation: number
  readonly startedAt: string
  readonly command: string
  /** In any order. Jobs that only one side has are counted and left out. */
  readonly rows: readonly JobRow[]
  /** Of the adaptive side's policy at the end, for every arm and workload class. Arms appear in the report in this order. */
  readonly beliefs: readonly ArmBelief[]
  readonly agreement: Agreement
  readonly peers: readonly PeerInfo[]
  readonly incidents: readonly IncidentMark[]
  readonly learnedFrom: ComparisonReport['learnedFrom']
}

/** Fine enough to see an incident of a minute in a run of an hour, coarse enough to hold several jobs in a run of a minute. */
const TIMELINE_SLICES = 48

type Sides = Readonly<Record<Side, readonly JobRow[]>>

/** The rows of jobs that both sides have, by index, and how many jobs only one side has. */
function pairRows(rows: readonly JobRow[]): { readonly sides: Sides; readonly unpairedJobs: number } {
  const bySide: Record<Side, Map<number, JobRow>> = { adaptive: new Map(), static: new Map() }
  for (const row of rows) {
    const side = bySide[row.side]
    if (side.has(row.index)) {
      throw new PeerbanditError(
        'ERR_INVALID_OPTION',
        `rows must hold each job once a side, got job ${row.index} twice on ${row.side}`
      )
    }
    checkPositive(`durationMs of job ${row.index} (${row.side})`, row.durationMs)
    side.set(row.index, row)
  }
  const paired = bySide.adaptive
    .keys()
    .filter((index) => bySide.static.has(index))
    .toArray()
    .sort((a, b) => a - b)
  if (paired.length === 0)
    throw new PeerbanditError('ERR_INVALID_OPTION', 'rows must hold at least one job of both sides, got none')
  const pick = (side: Side) => paired.flatMap((index) => bySide[side].get(index) ?? [])
  return {
    sides: { adaptive: pick('adaptive'), static: pick('static') },
    unpairedJobs: bySide.adaptive.size + bySide.static.size - 2 * paired.length
  }
}

function compare(sides: Sides, summaries: Readonly<Record<Side, SideSummary>>, seed: number): PairedComparison {
  const { adaptive, static: fixed } = summaries
  const differences = sides.adaptive.map((row, position) => row.durationMs - (sides.static[position]?.durationMs ?? NaN))
  const meanDifferenceMs = pairedInterval(differences, pcg32(seedFrom('comparison', seed)))
  return {
    meanRatio: adaptive.meanMs / fixed.meanMs,
    p99Ratio: adaptive.p99Ms / fixed.p99Ms,
    meanDifferenceMs,
    verdict: verdictOf({ adaptive, static: fixed, meanDifferenceMs })
  }
}

/** One belief from those of several workload classes: the mean weighted by evidence, the spreads as of independent estimates. */
function poolBeliefs(beliefs: readonly ArmBelief[]): BeliefReport | null {
  let weight = 0
  let mean = 0
  let variance = 0
  for (const belief of beliefs) {
    if (belief.mean === undefined || belief.weight <= 0) continue
    weight += belief.weight
    mean += belief.weight * belief.mean
    // Early on a spread may be infinite; a reward cannot be more than 1 away.
    variance += (belief.weight * Math.min(1, belief.spread)) ** 2
  }
  return weight > 0 ? { mean: mean / weight, spread: Math.sqrt(variance) / weight, weight } : null
}

function reportArms(rows: readonly JobRow[], beliefs: readonly ArmBelief[]): readonly ArmReport[] {
  const arms = new Set([...beliefs.map(({ arm }) => arm), ...rows.map(({ arm }) => arm)])
  return [...arms].map((arm) => {
    const followed = rows.filter((row) => row.arm === arm)
    return {
      arm,
      share: followed.length / rows.length,
      jobs: followed.length,
      meanReward: followed.length > 0 ? meanOf(followed.map((row) => row.reward)) : null,
      belief: poolBeliefs(beliefs.filter((belief) => belief.arm === arm))
    }
  })
}

function useOf(peer: string, rows: readonly JobRow[]): { readonly share: number; readonly success: number | null } {
  const own = rows.filter((row) => row.peer === peer)
  return {
    share: own.length / rows.length,
    success: own.length > 0 ? own.filter((row) => row.ok).length / own.length : null
  }
}

function reportPeer(info: PeerInfo, sides: Sides): PeerReport {
  const adaptive = useOf(info.name, sides.adaptive)
  const fixed = useOf(info.name, sides.static)
  return {
    ...info,
    adaptiveShare: adaptive.share,
    staticShare: fixed.share,
    adaptiveSuccess: adaptive.success,
    staticSuccess: fixed.success
  }
}

/**
 * Compares the two sides of a run, job by job. The same input gives the same report.
 *
 * Quantiles are exact, by the linear rule. Failed jobs count in every latency with their deadline, and their tokens do not count,
 * so that a side cannot look fast by failing.
 * @throws ERR_INVALID_OPTION when no job is on both sides, or one is twice on a side
 */
export function comparisonReport(input: ComparisonInput): ComparisonReport {
  checkPositive('minutes', input.minutes)
  checkNonNegative('utilisation', input.utilisation)
  const { sides, unpairedJobs } = pairRows(input.rows)
  const summaries = { adaptive: summariseSide(sides.adaptive), static: summariseSide(sides.static) }
  const decisionMicros = sides.adaptive.map((row) => row.decisionMicros)
  const rows = [...sides.adaptive, ...sides.static]
  return {
    format: 'peerbandit-comparison',
    version: 1,
    seed: input.seed,
    jobs: sides.adaptive.length,
    unpairedJobs,
    minutes: input.minutes,
    workload: input.workload,
    utilisation: input.utilisation,
    startedAt: input.startedAt,
    command: input.command,
    ...summaries,
    comparison: compare(sides, summaries, input.seed),
    arms: reportArms(sides.adaptive, input.beliefs),
    agreement: input.agreement,
    peers: input.peers.map((info) => reportPeer(info, sides)),
    decisionMicros: quantile(decisionMicros, 0.5),
    decisionMicrosP99: quantile(decisionMicros, 0.99),
    incidents: input.incidents.toSorted((a, b) => a.atMs - b.atMs),
    learnedFrom: input.learnedFrom,
    timeline: timelineOf(rows, TIMELINE_SLICES),
    rows
  }
}
