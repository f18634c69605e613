import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../../src/core/clock.ts'
import { pcg32, type Rng } from '../../src/core/rng.ts'
import type { Job } from '../../src/job/job.ts'
import { type PeerTable, peerTable } from '../../src/peer/peer-table.ts'
import { firstChoices } from '../../src/scoring/agreement.ts'
import { type Scoreboard, scoreboard } from '../../src/scoring/scoreboard.ts'

/** Everything that the figures depend on, printed before them. */
export const RANKING_CONSTANTS = {
  seed: 20260101,
  candidateCounts: [10, 100, 1000, 10_000],
  changedPerDecision: 3,
  msBetweenDecisions: 10,
  budgetMsPerCase: 600,
  warmUpDecisions: 200,
  memoryPeers: 100_000
} as const

export interface RankingRow {
  readonly candidates: number
  /** How many candidates' evidence changed before each decision. */
  readonly changed: number
  readonly decisions: number
  /** Scores of all eight algorithms and the first choice of each, µs. */
  readonly p50Us: number
  readonly meanUs: number
  /** One pass for the maximum of a bare Float64Array of as many entries, µs. */
  readonly argmaxUs: number
  /** p50 over eight such passes, one an algorithm. */
  readonly ratioToArgmax: number
}

export interface RankingBench {
  readonly rows: readonly RankingRow[]
  /** Peer table, ids and scoreboard, bytes for each of 100,000 known peers. */
  readonly bytesPerPeer: number
}

const JOB: Job = {
  id: 'bench',
  model: 'any',
  workloadClass: 'batch',
  promptTokens: 100,
  expectedOutputTokens: 100,
  deadlineMs: 60_000
}
const START_MS = 1_750_000_000_000

function peerName(i: number): string {
  return `12D3KooW${String(i).padStart(44, 'x')}`
}

function observeOutcome(table: PeerTable, i: number, atMs: number, rng: Rng): void {
  table.observe(
    peerName(i),
    {
      kind: 'outcome',
      promptTokens: 100,
      expectedOutputTokens: 100,
      inFlightAtDispatch: 0,
      outcome: {
        ok: true,
        durationMs: 500 + 5000 * rng.next(),
        firstTokenMs: 100,
        outputTokens: 100,
        load: { slots: 4, running: Math.floor(4 * rng.next()), queued: 0, tokensPerSecond: 40 }
      }
    },
    atMs
  )
}

/** A table of peers about each of which something is known. */
function filledTable(peers: number, rng: Rng): PeerTable {
  const table = peerTable()
  for (let i = 0; i < peers; i += 1) {
    const peer = peerName(i)
    const gpuModel = ['RTX 4090', 'RTX 3080', 'H100', ''][Math.floor(4 * rng.next())]
    const claims = { models: ['llama3.2'], tokensPerSecond: 200 * rng.next(), gpuModel, vramGb: 24, loadRatio: rng.next() }
    table.observe(peer, { kind: 'claims', claims }, START_MS - 60_000)
    table.observe(peer, { kind: 'connected' }, START_MS - 60_000)
    table.observe(peer, { kind: 'ping', rttMs: 5 + 200 * rng.next() }, START_MS - 2000)
    table.observe(peer, { kind: 'ping', rttMs: 5 + 200 * rng.next() }, START_MS - 1000)
    observeOutcome(table, i, START_MS - 500, rng)
  }
  return table
}

interface Timing {
  readonly decisions: number
  readonly p50Us: number
  readonly meanUs: number
}

/** Times `decide` alone, over as many rounds as the budget allows; `prepare` runs untimed before each. */
function time(decide: () => void, prepare: () => void): Timing {
  const { budgetMsPerCase, warmUpDecisions } = RANKING_CONSTANTS
  const samples: number[] = []
  const endMs = systemClock.now() + budgetMsPerCase
  for (let round = 0; systemClock.now() < endMs || samples.length < 10; round += 1) {
    prepare()
    const start = systemClock.now()
    decide()
    const elapsedUs = (systemClock.now() - start) * 1000
    if (round >= warmUpDecisions || systemClock.now() > endMs - budgetMsPerCase / 2) samples.push(elapsedUs)
  }
  samples.sort((a, b) => a - b)
  const meanUs = samples.reduce((sum, us) => sum + us, 0) / samples.length
  return { decisions: samples.length, p50Us: samples[Math.floor(samples.length / 2)], meanUs }
}

/** Keeps results alive, so that no pass is optimised away. */
const sink = new Float64Array(1)

function timeArgmax(count: number, rng: Rng): number {
  const values = Float64Array.from({ length: count }, () => rng.next())
  // Repeated within a sample: one pass over ten numbers is shorter than the clock's step.
  const repeats = Math.ceil(20_000 / count)
  const { p50Us } = time(
    () => {
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        let best = 0
        for (let i = 1; i < count; i += 1) if (values[i] > values[best]) best = i
        sink[0] += best
      }
    },
    () => undefined
  )
  return p50Us / repeats
}

function timeRanking(candidates: number, changed: number, argmaxUs: number): RankingRow {
  const rng = pcg32(RANKING_CONSTANTS.seed)
  const table = filledTable(candidates, rng)
  const board: Scoreboard = scoreboard(table)
  const rows = Int32Array.from({ length: candidates }, (_, row) => row)
  const scores = new Float64Array(candidates * board.arms.length)
  let atMs = START_MS
  const timing = time(
    () => {
      board.rank({ table, rows, count: candidates, atMs, retries: 2, seed: 0 }, JOB, scores)
      sink[0] += firstChoices({ scores, arms: board.arms.length, count: candidates })[0]
    },
    () => {
      atMs += RANKING_CONSTANTS.msBetweenDecisions
      const first = Math.floor(rng.next() * candidates)
      for (let i = 0; i < changed; i += 1) observeOutcome(table, (first + i) % candidates, atMs, rng)
    }
  )
  return { candidates, changed, ...timing, argmaxUs, ratioToArgmax: timing.p50Us / (8 * argmaxUs) }
}

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Growth of heap and array buffers over a table that grew peer by peer, its ids, and a scoreboard that scored everybody. */
function measureBytesPerPeer(peers: number): number {
  const before = usedBytes()
  const table = filledTable(peers, pcg32(RANKING_CONSTANTS.seed))
  const board = scoreboard(table)
  for (let row = 0; row < peers; row += 1) sink[0] += board.score(row, 'standard', START_MS)
  const after = usedBytes()
  sink[0] += table.size + board.arms.length
  return (after - before) / peers
}

export function runRankingBench(): RankingBench {
  const bytesPerPeer = measureBytesPerPeer(RANKING_CONSTANTS.memoryPeers)
  const rows = RANKING_CONSTANTS.candidateCounts.flatMap((candidates) => {
    const argmaxUs = timeArgmax(candidates, pcg32(RANKING_CONSTANTS.seed))
    return [RANKING_CONSTANTS.changedPerDecision, candidates].map((changed) => timeRanking(candidates, changed, argmaxUs))
  })
  return { rows, bytesPerPeer }
}

function print({ rows, bytesPerPeer }: RankingBench): void {
  const lines = rows.map(({ candidates, changed, decisions, p50Us, meanUs, argmaxUs, ratioToArgmax }) =>
    [candidates, changed, decisions, p50Us.toFixed(1), meanUs.toFixed(1), argmaxUs.toFixed(3), ratioToArgmax.toFixed(1)]
      .map((cell) => String(cell).padStart(11))
      .join('')
  )
  const head = ['candidates', 'changed', 'decisions', 'p50 µs', 'mean µs', 'argmax µs', 'ratio'].map((name) => name.padStart(11))
  process.stdout.write(`${head.join('')}\n${lines.join('\n')}\nmemory: ${Math.round(bytesPerPeer)} bytes a peer\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(RANKING_CONSTANTS)}\n`)
  print(runRankingBench())
}
