import { checkInteger } from '../core/check.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { isPeerbanditError } from '../core/errors.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { FailureReason } from '../job/outcome.ts'
import type { WorkloadClass } from '../job/job.ts'
import type { JobEvent } from '../router/job-router.ts'
import type { TimeSpan } from './virtual/behaviours.ts'
import { contestantOf } from './contestant.ts'
import { giniOf } from './gini.ts'
import { subsetDealer } from './virtual/known-peers.ts'
import type { ResolvedScenario } from './scenario/scenario.ts'
import { planScenario } from './scenario/scenario-workload.ts'
import type { TraceJob } from './workload/trace.ts'
import { type VirtualPeer, virtualPeer } from './virtual/virtual-peer.ts'
import { DecisionMeter, type VirtualRouter, virtualRouter } from './virtual/virtual-router.ts'
import { type VirtualTime, virtualTime } from './virtual/virtual-time.ts'
import { jobOf } from './workload/workload.ts'

/** What came of one job. */
interface SimulatedJob {
  /** Which job of the workload: the same in every run of a seed. */
  readonly index: number
  /** Of the run's time, ms. */
  readonly arrivalMs: number
  readonly router: number
  readonly workloadClass: WorkloadClass
  readonly promptTokens: number
  /** True length of the answer. */
  readonly outputTokens: number
  readonly ok: boolean
  /** From arrival to the last token, ms; the deadline for a job that failed. */
  readonly durationMs: number
  /** Null for a job that failed. */
  readonly firstTokenMs: number | null
  /** Peers that got it, ≥ 0; none when no router knew any. */
  readonly attempts: number
  /** Who ran it, or failed at it last; null when nobody did. */
  readonly peer: PeerId | null
  readonly arm: string | null
  /** The peers at which an attempt failed, in order. */
  readonly failedAt: readonly PeerId[]
  /** Why the last attempt failed, for a job that failed. */
  readonly failure?: FailureReason
}

export interface RunScenarioOptions {
  /** A policy, `fixed:<arm>`, a rival or a bound: see {@link contestantOf}. */
  readonly policy: string
  /** Decides the jobs and what goes wrong: the same for every policy. An integer ≥ 0. */
  readonly seed: number
  /** Measures decisions in real time. @default the system's clock */
  readonly stopwatch?: Clock
}

export interface SimulatedRun {
  /** In order of arrival, every job once. */
  readonly jobs: readonly SimulatedJob[]
  /** Gini index of the peers' loads (jobs over slots), 0–1: mean over the seconds in which any peer had a job. */
  readonly loadGini: number
  /** Mean real time of a decision, µs: the one figure that is not the same in every run. */
  readonly decisionMicros: number
  /** Timers that ran. */
  readonly events: number
}

/**
 * Runs a scenario in virtual time: independent routers, each with the selector, policies, health gate and retries of production,
 * over one pool of virtual peers. The same scenario, policy and seed give the same jobs, bit for bit.
 * @param scenario checked: see checkScenario
 * @throws ERR_INVALID_OPTION for an unknown policy or a seed that is no integer; ERR_TRACE
 */
export async function runScenario(scenario: ResolvedScenario, options: RunScenarioOptions): Promise<SimulatedRun> {
  const { policy, stopwatch = systemClock } = options
  const seed = checkInteger('seed', options.seed)
  const contestant = contestantOf(policy)
  const { jobs, natures, run } = await planScenario(scenario, seed)
  const time = virtualTime()
  const peers = natures.map((nature) => virtualPeer(time, nature))
  const components = { time, peers, meter: new DecisionMeter(stopwatch) }
  const arena = { peers, outputTokensOf: (jobId: string) => jobs[indexOf(jobId)].outputTokens }
  const knownPeers = subsetDealer(peers, scenario.peersPerRouter, pcg32(seedFrom('known peers', seed)))
  const routers = Array.from({ length: scenario.routers }, (_, index) => {
    const router = { routerId: `router-${index}`, seed, routers: scenario.routers }
    const selection = contestant.selection(arena, router)
    return virtualRouter(
      { ...components, peers: knownPeers() },
      { ...router, index, probeIntervalMs: scenario.probeIntervalMs, selection }
    )
  })
  const ended = startJobs({ time, routers, scenario, seed }, jobs)
  if (scenario.restartAtRatio !== undefined) {
    time.after(run.fromMs + scenario.restartAtRatio * (run.toMs - run.fromMs) - time.now(), () => {
      for (const router of routers) router.restart()
    })
  }
  const meanGini = sampleGini(time, peers, run)
  const { events } = await time.run(() => ended.rows.length === jobs.length || ended.error !== undefined)
  if (ended.error !== undefined) throw ended.error
  return {
    jobs: ended.rows.sort((a, b) => a.index - b.index),
    loadGini: meanGini(),
    decisionMicros: components.meter.meanMicros,
    events
  }
}

const GINI_INTERVAL_MS = 1_000

/** Looks at the load of the peers that are there once a second of the run; returns the mean so far. */
function sampleGini(time: VirtualTime, peers: readonly VirtualPeer[], { fromMs, toMs }: TimeSpan): () => number {
  let sum = 0
  let count = 0
  const sample = () => {
    const loads = peers.filter(({ present }) => present).map(({ truth }) => truth.backlog().length / truth.engine.slots)
    if (loads.some((load) => load > 0)) {
      sum += giniOf(loads)
      count += 1
    }
    if (time.now() + GINI_INTERVAL_MS <= toMs) time.after(GINI_INTERVAL_MS, sample)
  }
  time.after(fromMs - time.now(), sample)
  return () => (count === 0 ? 0 : sum / count)
}

const JOB_PREFIX = 'job-'

function indexOf(jobId: string): number {
  return Number(jobId.slice(JOB_PREFIX.length))
}

interface Start {
  readonly time: VirtualTime
  readonly routers: readonly VirtualRouter[]
  readonly scenario: Pick<ResolvedScenario, 'deadlineMs' | 'model'>
  readonly seed: number
}

/** Fills up while the jobs run. */
interface Ended {
  readonly rows: SimulatedJob[]
  /** What must not happen: something else than a job failed. */
  error: Error | undefined
}

/** Deals the jobs to the routers and starts each when it arrives. */
function startJobs({ time, routers, scenario, seed }: Start, jobs: readonly TraceJob[]): Ended {
  const ended: Ended = { rows: [], error: undefined }
  const dealing = pcg32(seedFrom('dealing', seed))
  // One timer at a time: a million of them would be a million closures.
  const awaitJob = (index: number) => {
    if (index === jobs.length) return
    const recorded = jobs[index]
    time.at(recorded.arrivalMs, () => {
      awaitJob(index + 1)
      const router = Math.floor(dealing.next() * routers.length)
      runJob(time, routers[router], { index, router, recorded, scenario }).then(
        (row) => ended.rows.push(row),
        (error: unknown) => (ended.error ??= error as Error)
      )
    })
  }
  awaitJob(0)
  return ended
}

interface DealtJob {
  readonly index: number
  readonly router: number
  readonly recorded: TraceJob
  readonly scenario: Pick<ResolvedScenario, 'deadlineMs' | 'model'>
}

interface Progress {
  attempts: number
  peer: PeerId | null
  arm: string | null
  firstTokenMs: number | null
  failure: FailureReason | undefined
  readonly failedAt: PeerId[]
}

async function runJob(time: VirtualTime, virtual: VirtualRouter, dealt: DealtJob): Promise<SimulatedJob> {
  const { index, router, recorded, scenario } = dealt
  const { deadlineMs, model } = scenario
  const job = jobOf(recorded, { id: `${JOB_PREFIX}${index}`, model, deadlineMs })
  const progress: Progress = { attempts: 0, peer: null, arm: null, firstTokenMs: null, failure: undefined, failedAt: [] }
  let ok = false
  try {
    for await (const event of virtual.run(job, recorded.outputTokens)) {
      follow(progress, event, time.now() - recorded.arrivalMs)
    }
    ok = true
    progress.failure = undefined
  } catch (error) {
    progress.failure = failureOf(error, progress.failure)
  }
  return {
    index,
    arrivalMs: recorded.arrivalMs,
    router,
    workloadClass: job.workloadClass,
    promptTokens: recorded.promptTokens,
    outputTokens: recorded.outputTokens,
    ok,
    durationMs: ok ? time.now() - recorded.arrivalMs : deadlineMs,
    firstTokenMs: ok ? progress.firstTokenMs : null,
    attempts: progress.attempts,
    peer: progress.peer,
    arm: progress.arm,
    failedAt: progress.failedAt,
    ...(progress.failure === undefined ? {} : { failure: progress.failure })
  }
}

/** Why a job failed. @throws what is no failure of a job */
function failureOf(error: unknown, lastAttempt: FailureReason | undefined): FailureReason {
  if (isPeerbanditError(error, 'ERR_TIMEOUT')) return 'timeout'
  if (isPeerbanditError(error, 'ERR_NO_ELIGIBLE_PEER')) return 'unreachable'
  if (isPeerbanditError(error, 'ERR_JOB_FAILED') && lastAttempt !== undefined) return lastAttempt
  throw error
}

function follow(progress: Progress, event: JobEvent, elapsedMs: number): void {
  switch (event.kind) {
    case 'attempt':
      progress.attempts += 1
      progress.peer = event.decision.peer
      progress.arm = event.decision.arm
      break
    case 'tokens':
      progress.firstTokenMs ??= elapsedMs
      break
    case 'attempt-failed':
      progress.failure = event.reason
      progress.failedAt.push(event.decision.peer)
      // What it had said is void.
      progress.firstTokenMs = null
      break
    case 'done':
      break
  }
}
