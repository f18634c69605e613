import { type AbortOptions, sleep } from '../core/abort.ts'
import { systemClock } from '../core/clock.ts'
import { comparisonReport } from '../experiment/comparison.ts'
import {
  type Agreement,
  type ComparisonReport,
  type IncidentMark,
  type PeerInfo,
  type Side,
  SIDES
} from '../experiment/comparison-types.ts'
import type { Decision } from '../job/decision.ts'
import { type AgreementMeter, agreementMeter, type AgreementSummary } from '../scoring/agreement.ts'
import type { Journal } from '../journal/journal.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Algorithm } from '../scoring/algorithms.ts'
import type { TraceJob } from '../simulation/workload/trace.ts'
import { type DemoPlan, demoPlan } from './demo-plan.ts'
import { openDemoJournals } from './demo-journals.ts'
import { type DemoSide, type DemoSideOptions, startSide } from './demo-side.ts'
import { demoWorkload } from './demo-workload.ts'

export interface DemoOptions extends AbortOptions {
  readonly jobs: number
  /** No job arrives after this many minutes. */
  readonly minutes?: number
  readonly seed: number
  readonly trace?: string
  /** Directory of the journals. */
  readonly journal: string
  /** Forget what earlier runs learned. @default false */
  readonly fresh?: boolean
  /** Weight tables in place of those of the eight. */
  readonly algorithms?: readonly Algorithm[]
  /** Offered load over the swarm's capacity. */
  readonly utilisation: number
  /** Shell command that does the run again, for the report. */
  readonly command: string
}

/** A run in progress, for whoever shows it. */
export interface DemoState {
  readonly plan: DemoPlan
  readonly totalJobs: number
  readonly elapsedMs: number
  readonly sides: Readonly<Record<Side, DemoSide>>
  readonly incidents: readonly IncidentMark[]
}

export interface DemoListener {
  /** Something worth a line: what starts, what was restored. */
  readonly note: (text: string) => void
  /** Jobs begin to flow; ask `state` whenever a picture is wanted, until `ended`. */
  readonly began: (state: () => DemoState) => void
  readonly ended: () => void
}

export interface DemoResult {
  readonly report: ComparisonReport
  /** The adaptive swarm, still up when it was asked for. */
  readonly adaptive: DemoSide
  readonly stop: () => Promise<void>
}

/**
 * The main job: the same jobs through two identical swarms at the same time, one side adaptive, one under static weights.
 * The swarms are up until `stop` is called. When the signal aborts, jobs in flight are cancelled, everything learned so far is
 * written, the swarms go down and the reason is thrown.
 */
export async function runDemo(options: DemoOptions, listener: DemoListener): Promise<DemoResult> {
  const { seed, jobs, minutes, trace, utilisation, algorithms, signal } = options
  const plan = demoPlan(seed)
  const workload = await demoWorkload({
    seed,
    jobs,
    ...(minutes === undefined ? {} : { maxMs: minutes * 60_000 }),
    ...(trace === undefined ? {} : { trace }),
    capacityTokensPerSecond: plan.capacityTokensPerSecond,
    utilisation
  })
  const runMs = Math.max(1, workload.jobs.at(-1)?.arrivalMs ?? 1)
  const journals = await openDemoJournals(options.journal, { fresh: options.fresh ?? false })
  listener.note(`Starting two swarms of ${plan.workers.length} workers …`)
  const sides = await startSides(journals, { plan, seed, runMs, signal, ...(algorithms === undefined ? {} : { algorithms }) })
  const stop = async () => {
    await Promise.all(SIDES.map((side) => sides[side].stop()))
  }
  try {
    noteRestored(sides.adaptive, options.journal, listener)
    await Promise.all(SIDES.map((side) => sides[side].complete({ signal })))
    const run = new DemoRun({ plan, sides, jobs: workload.jobs, runMs, signal })
    const startedAt = new Date(systemClock.wall()).toISOString()
    listener.began(() => run.state())
    await run.play().finally(() => {
      listener.ended()
    })
    const report = run.report({ ...options, workload: workload.origin, startedAt })
    return { report, adaptive: sides.adaptive, stop }
  } catch (error) {
    const kept = sides.adaptive.node.journal.lastSequence()
    await stop()
    if (signal?.aborted !== true) throw error
    // What was thrown is whatever the cut-off work made of the signal's reason.
    listener.note(`Stopped. ${kept} outcomes are kept in ${options.journal}.`)
    throw signal.reason
  }
}

async function startSides(
  journals: Readonly<Record<Side, Journal>>,
  options: Omit<DemoSideOptions, 'journal'>
): Promise<Record<Side, DemoSide>> {
  const started = await Promise.allSettled(SIDES.map((side) => startSide(side, { ...options, journal: journals[side] })))
  const [adaptive, fixed] = started
  if (adaptive.status === 'fulfilled' && fixed.status === 'fulfilled') return { adaptive: adaptive.value, static: fixed.value }
  for (const result of started) if (result.status === 'fulfilled') await result.value.stop()
  throw (adaptive.status === 'rejected' ? adaptive.reason : (fixed as PromiseRejectedResult).reason) as Error
}

function noteRestored({ node }: DemoSide, journal: string, listener: DemoListener): void {
  const { outcomes } = node.restored
  listener.note(
    outcomes === 0
      ? `Nothing learned yet: the journal ${journal} is new.`
      : `Going on from what ${outcomes} earlier outcomes taught, kept in ${journal} (--fresh starts over).`
  )
}

interface RunParts {
  readonly plan: DemoPlan
  readonly sides: Readonly<Record<Side, DemoSide>>
  readonly jobs: readonly TraceJob[]
  readonly runMs: number
  readonly signal: AbortSignal | undefined
}

class DemoRun {
  readonly #parts: RunParts
  readonly #incidents: IncidentMark[] = []
  readonly #agreement: AgreementMeter = agreementMeter()
  readonly #startMs = systemClock.now()

  constructor(parts: RunParts) {
    this.#parts = parts
    parts.sides.adaptive.node.selector.subscribe((event) => {
      if (event.kind === 'decided') this.#meterAgreement(event.decision)
    })
  }

  #elapsedMs(): number {
    return systemClock.now() - this.#startMs
  }

  state(): DemoState {
    const { plan, sides, jobs } = this.#parts
    return { plan, sides, totalJobs: jobs.length, elapsedMs: this.#elapsedMs(), incidents: this.#incidents }
  }

  /** Sends every job to both sides when it arrives, and lets the incidents happen. */
  async play(): Promise<void> {
    const { sides, jobs, signal } = this.#parts
    for (const side of SIDES) sides[side].swarm.go()
    const over = new AbortController()
    const whole = AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])])
    const incidents = this.#letIncidentsHappen(whole).catch(() => undefined)
    const running: Promise<void>[] = []
    try {
      for (const [index, job] of jobs.entries()) {
        await this.#until(job.arrivalMs, signal)
        for (const side of SIDES) running.push(sides[side].run(index, job, { signal }))
        // A job that the signal ends is heard of below; until then it must not count as unheard.
        for (const sent of running.slice(-SIDES.length)) sent.catch(() => undefined)
      }
      await Promise.all(running)
    } finally {
      over.abort()
      await Promise.allSettled([...running, incidents])
    }
  }

  async #until(atMs: number, signal: AbortSignal | undefined): Promise<void> {
    const waitMs = atMs - this.#elapsedMs()
    if (waitMs > 0) await sleep(systemClock, waitMs, { signal })
  }

  async #letIncidentsHappen(signal: AbortSignal): Promise<void> {
    const { plan, runMs, sides } = this.#parts
    const { liar, slows, slowAt, slowFactor, dies, diesAt, returnsAt } = plan.incidents
    const swarms = SIDES.map((side) => sides[side].swarm)
    this.#mark(`${liar} over-claims its GPU`)
    await this.#until(slowAt * runMs, signal)
    for (const swarm of swarms) swarm.setSpeed(slows, slowFactor)
    this.#mark(`${slows} slows to a third`)
    await this.#until(diesAt * runMs, signal)
    for (const swarm of swarms) swarm.kill(dies)
    this.#mark(`${dies} dies`)
    await this.#until(returnsAt * runMs, signal)
    await Promise.all(swarms.map((swarm) => swarm.revive(dies)))
    this.#mark(`${dies} returns`)
  }

  #mark(text: string): void {
    this.#incidents.push({ atMs: this.#elapsedMs(), text })
  }

  /** How far the algorithms' rankings of the eligible peers agree, beside the decision and not on its time. */
  #meterAgreement(decision: Decision): void {
    const { table, scoreboard } = this.#parts.sides.adaptive.node
    const rows = Int32Array.from(decision.candidates, (peer) => table.rowOf(peer))
    const arms = scoreboard.arms.length
    const scores = new Float64Array(arms * rows.length)
    scoreboard.rank(
      { table, rows, count: rows.length, atMs: decision.atMs, retries: 2, seed: 0 },
      { ...decision, id: decision.jobId },
      scores
    )
    this.#agreement.add({ scores, arms, count: rows.length })
  }

  report(
    about: Pick<DemoOptions, 'seed' | 'utilisation' | 'command' | 'journal'> & { workload: string; startedAt: string }
  ): ComparisonReport {
    const { sides } = this.#parts
    const { node } = sides.adaptive
    const atMs = systemClock.wall()
    const { seed, utilisation, command, workload, startedAt } = about
    return comparisonReport({
      seed,
      utilisation,
      command,
      workload,
      startedAt,
      minutes: this.#elapsedMs() / 60_000,
      rows: SIDES.flatMap((side) => sides[side].rows),
      beliefs: ['interactive', 'batch'].flatMap((workloadClass) => node.policy.beliefs({ workloadClass, atMs })),
      agreement: reportAgreement(node.scoreboard.arms.length, this.#agreement.summary()),
      peers: this.#peers(),
      incidents: this.#incidents,
      learnedFrom: { outcomes: node.journal.lastSequence(), journal: about.journal }
    })
  }

  #peers(): PeerInfo[] {
    const { plan, sides } = this.#parts
    const { table } = sides.adaptive.node
    const atMs = systemClock.wall()
    const peerIds = new Map(sides.adaptive.swarm.workers.map(({ name, peer }) => [name, peer]))
    const { liar, slows, dies } = plan.incidents
    const happened = new Map([
      [liar, 'over-claims its GPU'],
      [slows, 'slows to a third'],
      [dies, 'dies and returns']
    ])
    return plan.workers.map(({ name, profile }) => {
      const peerId = peerIds.get(name) ?? ''
      const incident = happened.get(name)
      return {
        name,
        peerId,
        profile: profile.name,
        ...(incident === undefined ? {} : { incident }),
        ...figuresOf(table, peerId, atMs)
      }
    })
  }
}

function reportAgreement(algorithms: number, { decisions, unanimousRatio, meanDistinct, meanTau }: AgreementSummary): Agreement {
  return { algorithms, decisions, topShare: unanimousRatio ?? null, meanDistinct: meanDistinct ?? null, meanTau: meanTau ?? null }
}

function figuresOf(table: PeerTable, peerId: string, atMs: number) {
  if (!table.has(peerId)) return { claimedTokensPerSecond: 0, observedTokensPerSecond: null, rttMs: null }
  const { claims, outcomes, roundTrip } = table.evidence(table.rowOf(peerId), atMs)
  return {
    claimedTokensPerSecond: claims?.tokensPerSecond ?? 0,
    observedTokensPerSecond: outcomes.tokensPerSecond ?? null,
    rttMs: roundTrip.meanMs ?? null
  }
}
