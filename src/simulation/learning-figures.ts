import { meanOf } from '../math/quantile.ts'
import type { SimulatedRun } from './run-scenario.ts'
import { namesOf } from './scenario/check-scenario.ts'
import type { PeerGroup, ResolvedScenario } from './scenario/scenario.ts'
import type { ScenarioPlan } from './scenario/scenario-workload.ts'
import type { TimeSpan } from './virtual/behaviours.ts'
import { effectiveCapacity } from './virtual/peer-plan.ts'

type Job = SimulatedRun['jobs'][number]

/** Jobs in which a router that knows nothing finds its way, and the window of {@link rollingRatios}. */
const WINDOW = 100
/** How near to the bound a window must be to count as recovered. */
const RECOVERED_RATIO = 1.15
/** The rolling ratio is kept for every so many jobs. */
const ROLLING_STEP = 50
/** Jobs at the start that shares leave out: they are for finding out. */
const WARM_UP_JOBS = 200
/** After so many failures a router may be expected to know. */
const KNOWN_FAILURES = 50

/** The mean of each window of 100 jobs over the bound's mean of the same jobs. */
export interface RollingRatio {
  /** First job of each window, counted from the first job after the change; below 0 before it. */
  readonly fromJob: readonly number[]
  readonly ratio: readonly number[]
}

export interface GroupShare {
  /** Share of all jobs after the first 200 that one of the group ran, or failed at last, 0–1. */
  readonly share: number
  /** The group's part of what all peers could really do in that time, 0–1. */
  readonly fairShare: number
  /** One over the other; null where the group can do nothing. */
  readonly ofFairShare: number | null
}

/** What a run shows of learning, where its scenario has the occasion for it. */
export interface LearningFigures {
  /** Mean time of the first 100 jobs over the bound's mean of the same jobs. */
  readonly ratioFirst100?: number
  /**
   * With speeds that change in the course of the run: jobs after the change until a window of 100 jobs is within 1.15 of the
   * bound; null when none is.
   */
  readonly recoveryJobs?: number | null
  /** With speeds that change in the course of the run. */
  readonly rollingRatio?: RollingRatio
  /** By the names of the scenario's groups. */
  readonly shareByGroup?: Readonly<Record<string, GroupShare>>
  /**
   * Share of all attempts that went to a group once 50 had failed there, 0–1: for the groups that failed so often. Attempts are in
   * the order in which their jobs arrived.
   */
  readonly attemptShareAfterFailures?: Readonly<Record<string, number>>
}

/** One run, and that of the bound with the same seed. */
export interface ComparedRun {
  readonly scenario: ResolvedScenario
  readonly plan: Pick<ScenarioPlan, 'natures' | 'run'>
  readonly run: Pick<SimulatedRun, 'jobs'>
  readonly reference: Pick<SimulatedRun, 'jobs'>
}

export function learningFigures({ scenario, plan, run, reference }: ComparedRun): LearningFigures {
  const ratios = rollingRatios(run.jobs, reference.jobs)
  const changeMs = changeOf(scenario, plan.run)
  return {
    ...(ratios.length === 0 ? {} : { ratioFirst100: ratios[0] }),
    ...(changeMs === undefined ? {} : afterChange(run.jobs, ratios, changeMs)),
    ...(run.jobs.length <= WARM_UP_JOBS ? {} : { shareByGroup: shareByGroup(scenario, plan, run.jobs) }),
    ...attemptShareAfterFailures(scenario.peers, run.jobs)
  }
}

/** For every window of 100 jobs, from the first job on: its mean time over the other run's mean for the same jobs. */
export function rollingRatios(jobs: readonly Job[], reference: readonly Job[]): number[] {
  const ratios: number[] = []
  let own = 0
  let best = 0
  for (const [index, { durationMs }] of jobs.entries()) {
    own += durationMs
    best += reference[index].durationMs
    if (index >= WINDOW) {
      own -= jobs[index - WINDOW].durationMs
      best -= reference[index - WINDOW].durationMs
    }
    if (index >= WINDOW - 1) ratios.push(own / best)
  }
  return ratios
}

/** When speeds first change in the course of the run, ms; undefined when they never do. */
function changeOf({ peers }: ResolvedScenario, { fromMs, toMs }: TimeSpan): number | undefined {
  const ratios = peers
    .flatMap(({ behaviours = [] }) => behaviours)
    .flatMap((spec) => (spec.kind === 'speed' && spec.fromRatio !== undefined && spec.fromRatio > 0 ? [spec.fromRatio] : []))
  return ratios.length === 0 ? undefined : fromMs + Math.min(...ratios) * (toMs - fromMs)
}

function afterChange(
  jobs: readonly Job[],
  ratios: readonly number[],
  changeMs: number
): Pick<LearningFigures, 'recoveryJobs' | 'rollingRatio'> {
  const changed = jobs.filter(({ arrivalMs }) => arrivalMs < changeMs).length
  const recovered = ratios.findIndex((ratio, from) => from >= changed && ratio <= RECOVERED_RATIO)
  const kept = [...ratios.keys()].filter((from) => (from - changed) % ROLLING_STEP === 0)
  return {
    recoveryJobs: recovered < 0 ? null : recovered - changed,
    rollingRatio: { fromJob: kept.map((from) => from - changed), ratio: kept.map((from) => ratios[from]) }
  }
}

function shareByGroup(
  { peers }: ResolvedScenario,
  { natures, run }: ComparedRun['plan'],
  jobs: readonly Job[]
): Record<string, GroupShare> {
  const later = jobs.slice(WARM_UP_JOBS)
  const span = { fromMs: later[0].arrivalMs, toMs: run.toMs }
  const capacity = effectiveCapacity(natures, span)
  const entries = peers.map((group): [string, GroupShare] => {
    const members = new Set(namesOf(group))
    const share = meanOf(later.map(({ peer }) => Number(peer !== null && members.has(peer))))
    const own = natures.filter(({ name }) => members.has(name))
    const fairShare = capacity > 0 ? effectiveCapacity(own, span) / capacity : 0
    return [group.name, { share, fairShare, ofFairShare: fairShare > 0 ? share / fairShare : null }]
  })
  return Object.fromEntries(entries)
}

/** Who got the job, one after the other. The last attempt has not failed where the job succeeded or ran out of time. */
function attemptsOf({ attempts, failedAt, peer }: Job): readonly string[] {
  return attempts > failedAt.length && peer !== null ? [...failedAt, peer] : failedAt
}

function attemptShareAfterFailures(
  groups: readonly PeerGroup[],
  jobs: readonly Job[]
): Pick<LearningFigures, 'attemptShareAfterFailures'> {
  const shares = groups.flatMap((group): [string, number][] => {
    const members = new Set(namesOf(group))
    let failures = 0
    let all = 0
    let own = 0
    for (const job of jobs) {
      if (failures >= KNOWN_FAILURES) {
        const attempts = attemptsOf(job)
        all += attempts.length
        own += attempts.filter((peer) => members.has(peer)).length
      }
      failures += job.failedAt.filter((peer) => members.has(peer)).length
    }
    return all > 0 ? [[group.name, own / all]] : []
  })
  return shares.length === 0 ? {} : { attemptShareAfterFailures: Object.fromEntries(shares) }
}
