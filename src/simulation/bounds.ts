import { PeerbanditError } from '../core/errors.ts'
import { workTokens } from '../job/job.ts'
import { meanOf } from '../math/quantile.ts'
import type { SimulatedRun } from './run-scenario.ts'
import type { ScenarioPlan } from './scenario/scenario-workload.ts'
import { isWithin, type PeerNature } from './virtual/behaviours.ts'

/** The speed of a peer is looked at so often, ms; engines look at least as often. */
const STEP_MS = 50

/** From when on a peer is there, ms: now, or the end of the absence that it is in. */
function presentFrom({ away }: PeerNature, nowMs: number): number {
  return isWithin(away, nowMs) ? (away.find(({ toMs }) => toMs > nowMs)?.toMs ?? nowMs) : nowMs
}

/** When a job that came at `fromMs` to a peer without any other would be done, ms; Infinity if not before `untilMs`. */
function doneAloneMs(nature: PeerNature, work: number, fromMs: number, untilMs: number): number {
  let atMs = presentFrom(nature, fromMs)
  let left = work
  while (atMs < untilMs) {
    const perMs = nature.answer(atMs) === 'runs' ? (nature.engine.tokensPerSecond * nature.speed(atMs)) / 1000 : 0
    if (left <= perMs * STEP_MS) return Math.min(untilMs, atMs + left / perMs)
    left -= perMs * STEP_MS
    atMs += STEP_MS
  }
  return Infinity
}

/**
 * For each job of a plan the least time that any peer could take for it if it had nothing else to do, ms; the deadline for a job that
 * no peer could do in time. No selector can be faster, and none can be so fast where jobs meet. What is left out makes it lower still:
 * the way there and back, that a peer fails jobs or leaves in the midst of them.
 * @param plan of a scenario and a seed, see planScenario
 * @param deadlineMs of the scenario
 */
export function fastestPeerFloor({ jobs, natures }: Pick<ScenarioPlan, 'jobs' | 'natures'>, deadlineMs: number): number[] {
  return jobs.map(({ arrivalMs, promptTokens, outputTokens }) => {
    const work = workTokens(promptTokens, outputTokens)
    return natures.reduce((leastMs, nature) => {
      return Math.min(leastMs, doneAloneMs(nature, work, arrivalMs, arrivalMs + leastMs) - arrivalMs)
    }, deadlineMs)
  })
}

/** A run of one arm alone, `fixed:<arm>`. */
export interface ArmRun {
  readonly arm: string
  readonly run: SimulatedRun
}

/**
 * In hindsight: the run with the least mean duration, the first of equals. What a perfect choice of one arm for the whole run comes to.
 * @param runs of the same scenario and seed
 * @throws ERR_INVALID_OPTION for no runs, or runs of different jobs
 */
export function bestFixedArm(runs: readonly ArmRun[]): ArmRun {
  checkSameJobs(runs.map(({ run }) => run))
  const means = runs.map(({ run }) => meanOf(run.jobs.map(({ durationMs }) => durationMs)))
  return runs[means.indexOf(Math.min(...means))]
}

/**
 * Job by job what came of it in the run in which it was fastest, the first of equals. Lower than what a perfect choice of an arm for
 * each job comes to: in each run other jobs had other peers, so that not all of these times can be had together.
 * @param runs of the same scenario and seed, an arm each
 * @throws ERR_INVALID_OPTION for no runs, or runs of different jobs
 */
export function bestArmPerJob(runs: readonly SimulatedRun[]): SimulatedRun['jobs'] {
  checkSameJobs(runs)
  const [first, ...others] = runs
  return first.jobs.map((job, i) =>
    others.reduce((best, { jobs }) => (jobs[i].durationMs < best.durationMs ? jobs[i] : best), job)
  )
}

function checkSameJobs(runs: readonly SimulatedRun[]): void {
  const [first, ...others] = runs
  const isSame = others.every(
    ({ jobs }) => jobs.length === first.jobs.length && jobs.every(({ arrivalMs }, i) => arrivalMs === first.jobs[i].arrivalMs)
  )
  if (runs.length > 0 && isSame) return
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `runs must be one or more of the same jobs, got ${runs.length === 0 ? 'none' : 'different ones'}`
  )
}
