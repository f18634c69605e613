import { fileURLToPath } from 'node:url'
import { manualClock, systemClock } from '../../src/core/clock.ts'
import { pcg32 } from '../../src/core/rng.ts'
import type { Job } from '../../src/job/job.ts'
import { createSelection, type Selection } from '../../src/selector/selection.ts'

export const DECISION_CONSTANTS = {
  seed: 20_260_101,
  candidateCounts: [10, 100, 1000, 10_000],
  decisions: 2000,
  warmUp: 300,
  msBetweenDecisions: 20
} as const

export interface DecisionRow {
  readonly candidates: number
  /** The whole of `selector.acquire`: filter, rank by ten arms, propensities, draw, record, lease. */
  readonly p50Us: number
  readonly meanUs: number
  /** The whole of `lease.complete`: evidence, credit to ten arms, the predictor. */
  readonly learnUs: number
}

const START_MS = 1_767_225_600_000

function filled(count: number): {
  readonly selection: Selection
  readonly clock: ReturnType<typeof manualClock>
  readonly peers: readonly string[]
} {
  const rng = pcg32(DECISION_CONSTANTS.seed)
  const clock = manualClock(START_MS)
  const selection = createSelection({ clock }, { health: { maxInFlightPerPeer: 64 } })
  const peers = Array.from({ length: count }, (_, i) => `12D3KooWBenchmarkPeerNumber${String(i).padStart(25, '0')}`)
  for (const peer of peers) {
    const durationMs = 500 + 4000 * rng.next()
    selection.table.observe(peer, { kind: 'connected' }, START_MS - 60_000)
    selection.table.observe(peer, { kind: 'ping', rttMs: 5 + 100 * rng.next() }, START_MS)
    selection.table.observe(
      peer,
      {
        kind: 'outcome',
        promptTokens: 500,
        expectedOutputTokens: 128,
        inFlightAtDispatch: 0,
        outcome: { ok: true, durationMs, firstTokenMs: durationMs / 5, outputTokens: 100 }
      },
      START_MS
    )
  }
  return { selection, clock, peers }
}

async function timeDecisions(candidates: number): Promise<DecisionRow> {
  const { selection, clock, peers } = filled(candidates)
  const acquireUs: number[] = []
  const learnUs: number[] = []
  const job: Job = {
    id: 'bench',
    model: 'm',
    workloadClass: 'interactive',
    promptTokens: 500,
    expectedOutputTokens: 128,
    deadlineMs: 60_000
  }
  for (let i = 0; i < DECISION_CONSTANTS.warmUp + DECISION_CONSTANTS.decisions; i++) {
    const start = systemClock.now()
    const lease = selection.selector.acquire(peers, job)
    const chosen = systemClock.now()
    clock.advance(DECISION_CONSTANTS.msBetweenDecisions)
    lease.progress(1)
    const ended = systemClock.now()
    const written = lease.complete({ outputTokens: 100 })
    const learned = systemClock.now()
    await written
    if (i < DECISION_CONSTANTS.warmUp) continue
    acquireUs.push((chosen - start) * 1000)
    learnUs.push((learned - ended) * 1000)
  }
  return { candidates, p50Us: median(acquireUs), meanUs: mean(acquireUs), learnUs: median(learnUs) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export async function runDecisionBench(): Promise<readonly DecisionRow[]> {
  const rows: DecisionRow[] = []
  for (const candidates of DECISION_CONSTANTS.candidateCounts) rows.push(await timeDecisions(candidates))
  return rows
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(DECISION_CONSTANTS)}\n`)
  for (const row of await runDecisionBench()) process.stdout.write(`${JSON.stringify(row)}\n`)
}
