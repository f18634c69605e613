import { type Job, workTokens } from '../job/job.ts'
import type { PeerModel } from './peer-model.ts'
import { advancePace, meanPaceOver, unknownPace } from './pace-belief.ts'
import type { Pool } from './pool.ts'
import { completion, type Line, sharedWork, type SharedCompletion } from './sharing.ts'

/** What a job is expected to take at a peer, ms. */
export interface Forecast {
  /** Until the first token. */
  firstTokenMs: number
  /** Until it gets a slot; part of the time to the first token. */
  waitingMs: number
  /** Until the last token. */
  durationMs: number
  /** What it takes from the jobs that are there: those beside it it slows, those in line wait longer. */
  crowdingMs: number
  /** Probability that it fails, 0–1. */
  failureRatio: number
}

export function emptyForecast(): Forecast {
  return { firstTokenMs: 0, waitingMs: 0, durationMs: 0, crowdingMs: 0, failureRatio: 0 }
}

/** When, and how many standard deviations off the mean. */
export interface Moment {
  readonly atMs: number
  readonly paceNoise: number
  readonly loadNoise: number
}

/** What is known of a peer, and of all. */
export interface Known {
  /** Refreshed from the evidence of the moment. */
  readonly model: PeerModel
  readonly pool: Pool
}

/** The first job tells most about a peer: until then what is unknown of it counts for so many times as much. */
const NEWCOMER_FACTOR = 4

/** Silences have heavy tails: who has been silent for longer than is usual will be for so many times as long again. */
const SILENCE_GOES_ON = 3

/** Jobs of others at one peer that are told apart. */
const MOST_OTHERS = 64

/** Filled anew for every forecast. */
const ahead: Line = { work: new Float64Array(2 * MOST_OTHERS), count: 0 }
const completed: SharedCompletion = { waiting: 0, running: 0 }

/** Expected size of a job, in work tokens. */
export function expectedWork(pool: Pool, { promptTokens, expectedOutputTokens, workloadClass }: Job): number {
  return workTokens(promptTokens, expectedOutputTokens * pool.lengthRatio(workloadClass))
}

/**
 * What a job is expected to take at a peer, from its pace, the jobs that are there, and its record. Moves the belief of its pace to the
 * moment and changes nothing else.
 */
export function forecast({ model, pool }: Known, job: Job, { atMs, paceNoise, loadNoise }: Moment, into: Forecast): void {
  const work = expectedWork(pool, job)
  gatherAhead(model, pool, model.others.expected(atMs) + loadNoise * model.others.deviation(atMs))
  const overdueMs = longestOverdueMs(model, atMs)
  completion(ahead, work, { slots: model.slots, slowdown: pool.slowdown.value }, completed)
  advancePace(model.pace, atMs)
  const lastingMs = Math.exp(model.pace.lasting) * (completed.waiting + completed.running)
  const pace = Math.exp(
    meanPaceOver(model.pace, lastingMs) + paceNoise * (model.observed ? 1 : NEWCOMER_FACTOR) * unknownPace(model.pace)
  )
  const { rttMs, departuresPerMs } = model.derived
  const failureRatio = model.failures.expected(job.workloadClass, model.derived.failureRatio, atMs)
  into.waitingMs = pace * completed.waiting
  const startMs = Math.max(0, rttMs + model.overheadMs(pool) + into.waitingMs + SILENCE_GOES_ON * overdueMs)
  into.firstTokenMs = startMs + (pace * completed.running * workTokens(job.promptTokens, 0)) / work
  into.durationMs = startMs + pace * completed.running
  into.crowdingMs = pace * pool.slowdown.value * sharedWork(ahead, work)
  into.failureRatio = 1 - (1 - failureRatio) * Math.exp(-departuresPerMs * into.durationMs)
}

/** The work ahead of a new job: own jobs by what is left of each, those of others as usual ones. */
function gatherAhead(model: PeerModel, pool: Pool, others: number): void {
  const own = model.jobs.length
  const count = own + Math.max(0, Math.min(MOST_OTHERS, Math.round(others)))
  if (ahead.work.length < count) ahead.work = new Float64Array(2 * count)
  for (let i = 0; i < own; i++) ahead.work[i] = model.jobs[i].workLeft
  ahead.work.fill(pool.meanWork.value, own, count)
  ahead.count = count
}

/** By how much the most silent own job there is overdue. */
function longestOverdueMs({ jobs }: PeerModel, atMs: number): number {
  let longest = 0
  for (const job of jobs) longest = Math.max(longest, job.overdueMs(atMs))
  return longest
}
