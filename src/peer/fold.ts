import { decodeTokensPerSecond, type LoadReport } from '../job/outcome.ts'
import { workTokens } from '../job/job.ts'
import type { Columns } from './columns.ts'
import type { OutcomeObservation } from './observation.ts'

/** How fast evidence is forgotten: half-lives in ms of elapsed time, and the weights of published rules. */
export interface FoldOptions {
  /** Of the fast mean of round trips. @default 30 s */
  readonly rttRecentHalfLifeMs: number
  /** Of the slow mean, its jitter and the answered share. @default 10 min */
  readonly rttHalfLifeMs: number
  /** Of uptime and departures. @default 6 h */
  readonly sessionHalfLifeMs: number
  /** Of success share and speed. @default 10 min */
  readonly outcomeHalfLifeMs: number
}

export const FOLD_DEFAULTS: FoldOptions = {
  rttRecentHalfLifeMs: 30_000,
  rttHalfLifeMs: 600_000,
  sessionHalfLifeMs: 6 * 3_600_000,
  outcomeHalfLifeMs: 600_000
}

export const SESSION = { unknown: 0, connected: 1, away: 2 } as const

/** Weight of the newest sample in the per-token rule's average, and how much one job in flight slows the others. */
const PER_TOKEN_ALPHA = 0.3
/**
 * The same for the first success of a session. A peer that comes back may have cooled down, got another GPU, or lost its other load:
 * what was known of its speed is a start, and no more.
 */
const PER_TOKEN_ALPHA_ON_ARRIVAL = 0.7
const PER_TOKEN_SLOWDOWN = 0.15

/** What is left of a weight after `elapsedMs`; a clock that went back decays nothing. */
export function decay(elapsedMs: number, halfLifeMs: number): number {
  return elapsedMs > 0 ? 2 ** (-elapsedMs / halfLifeMs) : 1
}

/** The row that an observation is folded into, and when it was made. */
export interface FoldTarget {
  readonly columns: Columns
  readonly row: number
  readonly atMs: number
  readonly options: FoldOptions
}

export function foldPing(target: FoldTarget, rttMs: number): void {
  const { columns: c, row } = target
  decayPings(target)
  c.rttRecentWeight[row] += 1
  c.rttRecentMs[row] = step(c.rttRecentMs[row], rttMs, 1 / c.rttRecentWeight[row])
  c.rttWeight[row] += 1
  const before = Number.isNaN(c.rttMeanMs[row]) ? rttMs : c.rttMeanMs[row]
  c.rttMeanMs[row] = step(c.rttMeanMs[row], rttMs, 1 / c.rttWeight[row])
  c.rttSquares[row] += (rttMs - before) * (rttMs - c.rttMeanMs[row])
}

export function foldPingFailed(target: FoldTarget): void {
  decayPings(target)
  target.columns.pingFailedWeight[target.row] += 1
}

function decayPings({ columns: c, row, atMs, options }: FoldTarget): void {
  const elapsedMs = atMs - c.pingAtMs[row]
  const slow = decay(elapsedMs, options.rttHalfLifeMs)
  c.rttRecentWeight[row] *= decay(elapsedMs, options.rttRecentHalfLifeMs)
  c.rttWeight[row] *= slow
  c.rttSquares[row] *= slow
  c.pingFailedWeight[row] *= slow
  c.pingAtMs[row] = Math.max(atMs, c.pingAtMs[row])
}

/** Moves a mean towards a sample; the first sample is the mean. */
function step(mean: number, sample: number, share: number): number {
  return Number.isNaN(mean) ? sample : mean + (sample - mean) * share
}

export interface SessionTotals {
  readonly upMs: number
  readonly observedMs: number
  readonly departures: number
}

/** Session columns projected to `atMs`: the time since the last change counted, all of it decayed. Reading only. */
export function sessionTotals(c: Columns, row: number, atMs: number, { sessionHalfLifeMs }: FoldOptions): SessionTotals {
  const elapsedMs = Math.max(0, atMs - c.sessionAtMs[row])
  const left = decay(elapsedMs, sessionHalfLifeMs)
  // The integral of the decay over the elapsed time: recent milliseconds count nearly whole, old ones less.
  const gainedMs = (sessionHalfLifeMs / Math.LN2) * (1 - left)
  const state = c.sessionState[row]
  return {
    upMs: c.upMs[row] * left + (state === SESSION.connected ? gainedMs : 0),
    observedMs: c.observedMs[row] * left + (state === SESSION.unknown ? 0 : gainedMs),
    departures: c.departures[row] * left
  }
}

export function foldSession({ columns: c, row, atMs, options }: FoldTarget, state: number): void {
  const totals = sessionTotals(c, row, atMs, options)
  const departed = c.sessionState[row] === SESSION.connected && state === SESSION.away
  c.upMs[row] = totals.upMs
  c.observedMs[row] = totals.observedMs
  c.departures[row] = totals.departures + (departed ? 1 : 0)
  if (state === SESSION.connected && c.sessionState[row] !== SESSION.connected) c.justArrived[row] = 1
  c.sessionState[row] = state
  c.sessionAtMs[row] = Math.max(atMs, c.sessionAtMs[row])
}

export function foldLoad({ columns: c, row, atMs }: FoldTarget, load: LoadReport): void {
  // A report that was overtaken says nothing new.
  if (atMs < c.loadAtMs[row]) return
  c.loadAtMs[row] = atMs
  c.slots[row] = load.slots
  c.running[row] = load.running
  c.queued[row] = load.queued
  c.reportedTokensPerSecond[row] = load.tokensPerSecond
  c.cpuRatio[row] = load.cpuRatio ?? NaN
}

export function foldGossip({ columns: c, row, atMs }: FoldTarget, standing: number): void {
  c.gossipStanding[row] = standing
  c.gossipAtMs[row] = atMs
}

export function foldOutcome(target: FoldTarget, seen: OutcomeObservation): void {
  const { columns: c, row, atMs, options } = target
  const { outcome } = seen
  const left = decay(atMs - c.outcomeAtMs[row], options.outcomeHalfLifeMs)
  c.successWeight[row] *= left
  c.failureWeight[row] *= left
  c.outcomeAtMs[row] = Math.max(atMs, c.outcomeAtMs[row])
  c.outcomeCount[row] += 1
  if (outcome.load !== undefined) foldLoad(target, outcome.load)
  if (!outcome.ok) {
    // Who is full says so, and does nothing wrong.
    if (outcome.reason !== 'overloaded') c.failureWeight[row] += 1
    return
  }
  c.successWeight[row] += 1
  const speed = decodeTokensPerSecond(outcome)
  if (speed !== undefined) c.tokensPerSecond[row] = step(c.tokensPerSecond[row], speed, 1 / c.successWeight[row])
  const perToken = outcome.durationMs / workTokens(seen.promptTokens, outcome.outputTokens)
  const alone = perToken / (1 + PER_TOKEN_SLOWDOWN * seen.inFlightAtDispatch)
  c.msPerWorkToken[row] = step(
    c.msPerWorkToken[row],
    alone,
    c.justArrived[row] === 1 ? PER_TOKEN_ALPHA_ON_ARRIVAL : PER_TOKEN_ALPHA
  )
  c.justArrived[row] = 0
}
