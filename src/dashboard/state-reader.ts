import type { Clock } from '../core/clock.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { Selection } from '../selector/selection.ts'
import type { SelectorEvent } from '../selector/selector.ts'
import type { SelectionStatistics, SelectionTotals } from '../selector/statistics.ts'
import type {
  AgreementState,
  DashboardState,
  DecisionDetail,
  ExperimentState,
  PolicyState,
  ThroughputState,
  TotalsState
} from './dashboard-state.ts'
import { BUCKET_MS, LatencyWindow } from './latency-window.ts'
import { orNull, ratioOf } from './or-null.ts'
import { readClasses, readFollowed } from './read-arms.ts'
import { failuresOf, type PeerSources, readPeers } from './read-peers.ts'
import { RecentDecisions } from './recent-decisions.ts'

/** Classes are the clients' words: of more, the first ones are shown. */
const MOST_CLASSES = 8
/** Shown also before any of their jobs came, where something is known of them. */
const USUAL_CLASSES = ['interactive', 'batch', 'critical']

export interface StateSources extends PeerSources {
  readonly selection: Selection
  /** Of the same selection: its figures are those of the metrics too. */
  readonly statistics: SelectionStatistics
  readonly clock: Clock
  /** Where one runs. */
  readonly experiment?: () => ExperimentState | undefined
}

/** Follows a selection, and says on demand how things are. */
export class StateReader {
  readonly #sources: StateSources
  readonly #startMs: number
  readonly #recent: RecentDecisions
  readonly #windows = new Map<string, LatencyWindow>()
  readonly #classes = new Set<string>()
  readonly #unsubscribe: () => void

  constructor(sources: StateSources) {
    this.#sources = sources
    this.#startMs = sources.clock.now()
    this.#recent = new RecentDecisions(sources.selection)
    this.#unsubscribe = sources.selection.selector.subscribe((event) => {
      this.#take(event)
    })
  }

  #take(event: SelectorEvent): void {
    this.#recent.take(event)
    const { workloadClass, policy } = event.decision
    if (this.#classes.size < MOST_CLASSES) this.#classes.add(workloadClass)
    if (event.kind !== 'ended') return
    const window = this.#windows.get(policy) ?? new LatencyWindow()
    this.#windows.set(policy, window)
    window.add(event.record.outcome, event.record.atMs)
  }

  read(): DashboardState {
    const { selection, statistics, clock, experiment } = this.#sources
    const { totals } = statistics
    const atMs = clock.wall()
    return {
      version: 1,
      atMs,
      uptimeMs: clock.now() - this.#startMs,
      policy: selection.policy.id,
      totals: totalsOf(totals),
      bucketMs: BUCKET_MS,
      policies: this.#policies(totals, atMs),
      classes: this.#classStates(atMs),
      followed: readFollowed(selection, totals),
      agreement: this.#agreement(),
      ...readPeers(this.#sources, totals, atMs),
      decisions: this.#recent.list(this.#sources.nameOf),
      predictorTrusted: selection.predictor.trusted,
      throughput: throughputOf(selection),
      experiment: experiment?.() ?? null
    }
  }

  #policies({ byPolicy }: SelectionTotals, atMs: number): PolicyState[] {
    return [...byPolicy].map(([policy, tally]) => {
      const failures = failuresOf(tally)
      const window = this.#windows.get(policy) ?? new LatencyWindow()
      return {
        policy,
        successes: tally.successes,
        failures,
        successRatio: ratioOf(tally.successes, tally.successes + failures),
        meanMs: ratioOf(tally.durationMs, tally.successes),
        meanFirstTokenMs: ratioOf(tally.firstTokenMs, tally.successes),
        ...window.percentiles(),
        buckets: window.buckets(atMs)
      }
    })
  }

  #classStates(atMs: number) {
    const { selection } = this.#sources
    const quiet = USUAL_CLASSES.filter((name) => !this.#classes.has(name))
    const learned = readClasses(selection, quiet, atMs).filter(({ weight }) => weight > 0)
    return [...readClasses(selection, this.#classes, atMs), ...learned]
  }

  #agreement(): AgreementState {
    const { scoreboard, rankers, policy } = this.#sources.selection
    const { decisions, unanimousRatio, meanDistinct, meanTau } = this.#recent.agreement()
    return {
      arms: rankers.includes(scoreboard) ? scoreboard.arms.length : policy.arms.length,
      decisions,
      unanimousRatio: orNull(unanimousRatio),
      meanDistinct: orNull(meanDistinct),
      meanTau: orNull(meanTau)
    }
  }

  /** Undefined where it is not among the last ones. */
  decision(id: string): DecisionDetail | undefined {
    return this.#recent.detail(id, this.#sources.nameOf)
  }

  stop(): void {
    this.#unsubscribe()
  }
}

function totalsOf({ decisions, inFlight, cancelled, decisionMicros, byPolicy }: SelectionTotals): TotalsState {
  const failuresByReason: Partial<Record<FailureReason, number>> = {}
  let successes = 0
  let failures = 0
  let outputTokens = 0
  for (const tally of byPolicy.values()) {
    successes += tally.successes
    failures += failuresOf(tally)
    outputTokens += tally.outputTokens
    for (const [reason, count] of Object.entries(tally.failures) as [FailureReason, number][]) {
      failuresByReason[reason] = (failuresByReason[reason] ?? 0) + count
    }
  }
  return {
    decisions,
    inFlight,
    cancelled,
    successes,
    failures,
    failuresByReason,
    outputTokens,
    meanDecisionMicros: ratioOf(decisionMicros, decisions)
  }
}

function throughputOf({ throughput }: Selection): ThroughputState | null {
  const { model, healthy, coverage, outcomes } = throughput.status
  return model === undefined ? null : { model, healthy, coverage: orNull(coverage), outcomes }
}
