import { checkNonNegative } from '../../core/check.ts'
import { pcg32, type Rng, seedFrom } from '../../core/rng.ts'
import type { WorkloadClass } from '../../job/job.ts'
import type { LoadReport } from '../../job/outcome.ts'
import type { Claims } from '../../peer/observation.ts'
import type { BatchingEngineOptions } from '../engine/engine-options.ts'
import { exponential, weibull } from '../../math/draw.ts'
import { between, constant, type FactorOverTime, product } from '../engine/factor-over-time.ts'

/** Part of a run, ms of its time: from `fromMs` until before `toMs`. */
export interface TimeSpan {
  readonly fromMs: number
  readonly toMs: number
}

/** What comes of a request: the engine runs it, the peer says after a while that it failed, or nothing ever comes back. */
type Answer = 'runs' | { readonly failsAfterMs: number } | 'nothing'

/** What a peer of the simulation is like. All times are ms of the run. */
export interface PeerNature {
  readonly name: string
  readonly engine: BatchingEngineOptions
  /** What the engine's speed is multiplied by. */
  readonly speed: FactorOverTime
  /** Drawn anew for every message. Routers are numbered from 0. */
  readonly roundTripMs: (nowMs: number, router?: number) => number
  readonly claims: Claims
  /** When it is not there, in order and apart from each other. */
  readonly away: readonly TimeSpan[]
  /** To a job of the class; without one, to a job of a class that it treats as all others. */
  readonly answer: (nowMs: number, workloadClass?: WorkloadClass) => Answer
  /** After how many tokens nothing more of a job comes; Infinity for one that comes whole. */
  readonly stallsAfter: (jobId: string, outputTokens: number) => number
  /** What it says of its load. */
  readonly report: (load: LoadReport) => LoadReport
}

/** A way to behave: makes another peer of a peer. Behaviours combine by being applied one after the other. */
export type Behaviour = (nature: PeerNature) => PeerNature

/** A peer that does what it should: always there, as fast as it says, honest. */
export function plainNature(
  engine: BatchingEngineOptions,
  { claims, roundTripMs }: Pick<PeerNature, 'claims' | 'roundTripMs'>
): PeerNature {
  return {
    name: engine.name,
    engine,
    speed: constant(1),
    roundTripMs,
    claims,
    away: [],
    answer: () => 'runs',
    stallsAfter: () => Infinity,
    report: (load) => load
  }
}

/** A round trip drawn evenly between the two for every message, ms; always the same where they are equal. */
export function uniformRoundTrip(rng: Rng, { min, max }: { readonly min: number; readonly max: number }): () => number {
  return min === max ? () => min : () => min + rng.next() * (max - min)
}

/**
 * Round trips to places: the nth router is at the nth of them.
 * @param jitterRatio how far a message may be from it, either way, as a share of it
 */
export function placedRoundTrip(rng: Rng, toPlaces: readonly number[], jitterRatio: number): PeerNature['roundTripMs'] {
  return (_nowMs, router = 0) => toPlaces[router % toPlaces.length] * (1 + jitterRatio * (2 * rng.next() - 1))
}

/** Its speed multiplied by a factor that changes over time. */
function atSpeed(factor: FactorOverTime): Behaviour {
  return (nature) => ({ ...nature, speed: product(nature.speed, factor) })
}

/** `factor` during the span. */
export function changedSpeed(factor: number, { fromMs, toMs }: TimeSpan): Behaviour {
  return atSpeed(between(fromMs, toMs, factor))
}

export interface HiddenLoad {
  /** What speeds are multiplied by while something else runs on the machine, ≥ 0. */
  readonly factor: number
  /** Mean length of the times with and without, ms > 0; both exponential. */
  readonly meanNormalMs: number
  readonly meanSlowMs: number
}

/** Something else runs on the machine now and then; no report tells. */
export function hiddenLoad(rng: Rng, { factor, meanNormalMs, meanSlowMs }: HiddenLoad): Behaviour {
  checkNonNegative('factor', factor)
  // Drawn as far as anybody asked; the state at the start, and after every second change, is the same.
  const changesMs: number[] = []
  const startsSlow = rng.next() < meanSlowMs / (meanNormalMs + meanSlowMs)
  const isSlowAfter = (changes: number) => (changes % 2 === 0) === startsSlow
  const extendTo = (nowMs: number) => {
    while ((changesMs.at(-1) ?? 0) <= nowMs) {
      const meanMs = isSlowAfter(changesMs.length) ? meanSlowMs : meanNormalMs
      changesMs.push((changesMs.at(-1) ?? 0) + exponential(rng, meanMs))
    }
  }
  return atSpeed((nowMs) => {
    extendTo(nowMs)
    return isSlowAfter(countUpTo(changesMs, nowMs)) ? factor : 1
  })
}

/** How many of the rising numbers are at most `limit`. */
function countUpTo(rising: readonly number[], limit: number): number {
  let low = 0
  let high = rising.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rising[middle] <= limit) low = middle + 1
    else high = middle
  }
  return low
}

export interface SpeedFlips {
  /** The speed is multiplied or divided by it, > 0. */
  readonly factor: number
  /** Time between draws, ms > 0. */
  readonly everyMs: number
}

/**
 * Draws in every interval, with even odds, whether it is fast or slow; no report tells. The time-varying performance of the
 * simulation of C3 (Suresh et al., NSDI 2015).
 */
export function speedFlips(seed: number, { factor, everyMs }: SpeedFlips): Behaviour {
  return atSpeed((nowMs) => {
    const isFast = pcg32(seedFrom('speed flip', seed, Math.floor(nowMs / everyMs))).next() < 0.5
    return isFast ? factor : 1 / factor
  })
}

export interface SlowStart {
  /** Speed right after the start, as a factor ≥ 0; it rises evenly to 1. */
  readonly factor: number
  /** ms > 0 */
  readonly lastsMs: number
}

/** Slow at the start of the run and after every return: apply it after what sends the peer away. */
export function slowStart({ factor, lastsMs }: SlowStart, startMs: number): Behaviour {
  return (nature) => {
    const startsMs = [startMs, ...nature.away.map(({ toMs }) => toMs)].sort((a, b) => a - b)
    const warm = (nowMs: number) => {
      const sinceMs = nowMs - (startsMs[countUpTo(startsMs, nowMs) - 1] ?? nowMs)
      return sinceMs >= lastsMs ? 1 : factor + ((1 - factor) * sinceMs) / lastsMs
    }
    return atSpeed(warm)(nature)
  }
}

/** Round trips grow, or shrink, evenly from what they are to `factor` times that at the end of the span. */
export function driftingRoundTrip(factor: number, { fromMs, toMs }: TimeSpan): Behaviour {
  return (nature) => ({
    ...nature,
    roundTripMs: (nowMs, router) => {
      const progress = nowMs > fromMs ? Math.min(1, (nowMs - fromMs) / (toMs - fromMs)) : 0
      return nature.roundTripMs(nowMs, router) * (1 + (factor - 1) * progress)
    }
  })
}

/** Not there during these spans: its connections are cut, and nobody reaches it. */
export function absent(spans: readonly TimeSpan[]): Behaviour {
  return (nature) => ({ ...nature, away: joined([...nature.away, ...spans]) })
}

/** There during these spans only. */
export function present(spans: readonly TimeSpan[]): Behaviour {
  const there = joined(spans)
  const starts = [...there.map(({ fromMs }) => fromMs), Infinity]
  return absent([{ fromMs: 0, toMs: starts[0] }, ...there.map(({ toMs }, i) => ({ fromMs: toMs, toMs: starts[i + 1] }))])
}

/** The same time in spans that are in order and do not touch. */
function joined(spans: readonly TimeSpan[]): TimeSpan[] {
  const result: TimeSpan[] = []
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = result.at(-1)
    if (!(span.toMs > span.fromMs)) continue
    if (last === undefined || span.fromMs > last.toMs) result.push(span)
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) }
  }
  return result
}

export interface Churn {
  /** Share of the time that the peer is there, above 0 and below 1. */
  readonly uptimeRatio: number
  /** From one departure to the next, on average, ms > 0. */
  readonly cycleMs: number
  /** Weibull shape of the sessions, > 0; below 1 most are short and a few are very long. @default 1: exponential */
  readonly shape?: number
}

/** With sessions that are not memoryless, what one sees at the start depends on what was before: so many cycles of it. */
const CYCLES_BEFORE = 20

/** When a peer of that uptime is away until `untilMs`: Weibull sessions, exponential absences. */
export function absences(rng: Rng, { uptimeRatio, cycleMs, shape = 1 }: Churn, untilMs: number): TimeSpan[] {
  const session = () => weibull(rng, uptimeRatio * cycleMs, shape)
  const spans: TimeSpan[] = []
  let atMs = shape === 1 ? 0 : -CYCLES_BEFORE * cycleMs
  if (rng.next() < uptimeRatio) atMs += session()
  while (atMs < untilMs) {
    const toMs = atMs + exponential(rng, (1 - uptimeRatio) * cycleMs)
    if (toMs > 0) spans.push({ fromMs: Math.max(0, atMs), toMs })
    atMs = toMs + session()
  }
  return spans
}

/** During the span requests, or those of one class, get `answer`. Pings and load reports go on as if nothing were wrong. */
export function answering(answer: Exclude<Answer, 'runs'>, { fromMs, toMs }: TimeSpan, onlyClass?: WorkloadClass): Behaviour {
  return (nature) => ({
    ...nature,
    answer: (nowMs, workloadClass) =>
      nowMs >= fromMs && nowMs < toMs && (onlyClass === undefined || workloadClass === onlyClass)
        ? answer
        : nature.answer(nowMs, workloadClass)
  })
}

/** That share of the jobs stops somewhere on its way and never goes on; which ones is decided by their ids. */
export function stalling(ratio: number, seed: number): Behaviour {
  return (nature) => ({
    ...nature,
    stallsAfter: (jobId, outputTokens) => {
      const fate = pcg32(seedFrom('stall', seed, nature.name, jobId))
      return fate.next() < ratio ? Math.floor(fate.next() * outputTokens) : nature.stallsAfter(jobId, outputTokens)
    }
  })
}

export interface Misreport {
  /** What it multiplies its jobs, running and waiting, by; 0 says that it is idle. ≥ 0 */
  readonly loadFactor: number
  /** What it multiplies its speed by. ≥ 0 */
  readonly speedFactor: number
}

/** Says something else than it measures in its load reports. */
export function misreporting({ loadFactor, speedFactor }: Misreport): Behaviour {
  return (nature) => ({
    ...nature,
    report: (load) => {
      const honest = nature.report(load)
      return {
        ...honest,
        running: Math.round(honest.running * loadFactor),
        queued: Math.round(honest.queued * loadFactor),
        tokensPerSecond: honest.tokensPerSecond * speedFactor
      }
    }
  })
}

/** Whether a moment lies in one of the spans, which are in order. */
export function isWithin(spans: readonly TimeSpan[], nowMs: number): boolean {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (spans[middle].toMs <= nowMs) low = middle + 1
    else high = middle
  }
  return low < spans.length && spans[low].fromMs <= nowMs
}
