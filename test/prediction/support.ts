import { manualClock } from '../../src/core/clock.ts'
import type { Decision, OutcomeRecord } from '../../src/job/decision.ts'
import type { Job } from '../../src/job/job.ts'
import type { FailureReason, LoadReport, Outcome } from '../../src/job/outcome.ts'
import type { Claims } from '../../src/peer/observation.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { emptyForecast, type Forecast } from '../../src/prediction/forecast.ts'
import { predictor } from '../../src/prediction/predictor.ts'
import type { PredictorOptions } from '../../src/prediction/predictor-types.ts'
import { job } from '../selector/world.ts'

export { job }

export const START_MS = 1_700_000_000_000

export function load(report: Partial<LoadReport> = {}): LoadReport {
  return { slots: 4, running: 0, queued: 0, tokensPerSecond: 0, ...report }
}

export function claims(tokensPerSecond: number, gpuModel = ''): Claims {
  return { models: ['m'], tokensPerSecond, gpuModel, vramGb: 0, loadRatio: 0 }
}

let decisions = 0

/** The decision of a router with one arm, which chose this peer. */
export function decisionOf(peer: string, job: Job, over: Partial<Decision> = {}): Decision {
  return {
    id: `decision-${decisions++}`,
    jobId: job.id,
    attempt: 1,
    atMs: START_MS,
    routerId: 'router',
    policy: 'fixed:predictive',
    model: job.model,
    workloadClass: job.workloadClass,
    promptTokens: job.promptTokens,
    expectedOutputTokens: job.expectedOutputTokens,
    deadlineMs: job.deadlineMs,
    candidateCount: 1,
    candidates: [peer],
    excluded: {},
    votes: [{ arm: 'predictive', peer, propensity: 1, expectedReward: 0.5 }],
    arm: 'predictive',
    peer,
    armPropensity: 1,
    peerPropensity: 1,
    draw: { u: 0.5, seed: '1', stream: '1' },
    ...over
  }
}

export type PredictorWorld = ReturnType<typeof predictorWorld>

/** A predictor with its table and a clock that moves by hand. */
export function predictorWorld(options: PredictorOptions = {}) {
  const clock = manualClock(START_MS)
  const table = peerTable()
  const predicts = predictor({ table }, options)
  return {
    clock,
    table,
    predicts,
    predicted(peer: string, asked: Job = job(), atMs = clock.wall()): Forecast {
      const into = emptyForecast()
      predicts.predict(table.rowOf(peer), asked, atMs, into)
      return into
    },
    costs(
      peers: readonly string[],
      { seed = 1, asked = job() }: { readonly seed?: number; readonly asked?: Job } = {}
    ): number[] {
      const rows = Int32Array.from(peers, (peer) => table.rowOf(peer))
      const into = new Float64Array(peers.length)
      predicts.costs({ table, rows, count: peers.length, atMs: clock.wall(), retries: 2, seed }, asked, into)
      return [...into]
    },
    reward: (peer: string, asked: Job = job()) =>
      predicts.prospect(table.rowOf(peer), asked, { atMs: clock.wall(), retries: 2 }).reward,
    hear(peer: string, report: LoadReport) {
      table.observe(peer, { kind: 'load', load: report }, clock.wall())
    }
  }
}

/** A job at a peer, told to the table and the predictor as the selector does. */
export function send({ clock, table, predicts }: PredictorWorld, peer: string, asked: Job = job()) {
  const startMs = clock.wall()
  const decision = decisionOf(peer, asked, { atMs: startMs })
  const inFlightAtDispatch = table.inFlight(table.rowOf(peer))
  table.addInFlight(table.rowOf(peer), 1)
  predicts.dispatched(decision)
  let [tokens, firstTokenMs] = [0, NaN]

  function end(outcome: Outcome | undefined): void {
    if (table.has(peer)) table.addInFlight(table.rowOf(peer), -1)
    if (outcome === undefined) {
      predicts.ended(decision, undefined)
      return
    }
    const atMs = clock.wall()
    const { promptTokens, expectedOutputTokens } = asked
    table.observe(
      peer,
      { kind: 'outcome', promptTokens, expectedOutputTokens, inFlightAtDispatch, outcome, decisionId: decision.id },
      atMs
    )
    const record: OutcomeRecord = {
      decisionId: decision.id,
      atMs,
      peer,
      inFlightAtDispatch,
      outcome,
      reward: outcome.ok ? 0.5 : 0
    }
    predicts.ended(decision, record)
  }

  const elapsedMs = () => Math.max(0, clock.wall() - startMs)
  return {
    peer,
    decision,
    progress(count: number) {
      tokens += count
      if (Number.isNaN(firstTokenMs)) firstTokenMs = elapsedMs()
      predicts.progressed(decision, count, clock.wall())
    },
    complete() {
      const durationMs = elapsedMs()
      end({ ok: true, durationMs, firstTokenMs: Math.min(durationMs, firstTokenMs || durationMs), outputTokens: tokens })
    },
    fail(reason: FailureReason = 'engine') {
      end({ ok: false, reason, durationMs: elapsedMs() })
    },
    cancel() {
      end(undefined)
    }
  }
}

export interface Nature {
  readonly msPerToken: number
  /** @default 10 */
  readonly rttMs?: number
  /** Before the first token, beside round trip and prompt, ms. @default 0 */
  readonly overheadMs?: number
  /** Share of the limit that its answers have. @default 1 */
  readonly lengthRatio?: number
  /** Whether its tokens are seen as they come. @default true */
  readonly streams?: boolean
}

const PLAIN = { rttMs: 10, overheadMs: 0, lengthRatio: 1, streams: true }

/** A peer runs jobs by itself, one after the other, at a steady pace. */
export function teach(w: PredictorWorld, peer: string, nature: Nature, jobs = 20): void {
  const { msPerToken, rttMs, overheadMs, lengthRatio, streams } = { ...PLAIN, ...nature }
  w.table.observe(peer, { kind: 'connected' }, w.clock.wall())
  w.table.observe(peer, { kind: 'ping', rttMs }, w.clock.wall())
  for (let i = 0; i < jobs; i++) {
    const asked = job({ id: `teach-${peer}-${i}` })
    const sent = send(w, peer, asked)
    const pieces = streams ? Array<number>(10).fill(lengthRatio * asked.expectedOutputTokens * 0.1) : []
    w.clock.advance(rttMs + overheadMs + (msPerToken * asked.promptTokens) / 20)
    if (streams) sent.progress(0)
    for (const tokens of pieces) {
      w.clock.advance(msPerToken * tokens)
      sent.progress(tokens)
    }
    if (!streams) {
      w.clock.advance(msPerToken * lengthRatio * asked.expectedOutputTokens)
      sent.progress(lengthRatio * asked.expectedOutputTokens)
    }
    sent.complete()
  }
}
