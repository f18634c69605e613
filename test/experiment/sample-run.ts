import type { ArmBelief } from '../../src/bandit/policy.ts'
import { pcg32 } from '../../src/core/rng.ts'
import type { JobRow, PeerInfo, Side } from '../../src/experiment/comparison-types.ts'
import type { ComparisonInput } from '../../src/experiment/comparison.ts'

const DEADLINE_MS = 30_000

interface SamplePeer {
  readonly name: string
  readonly profile: string
  readonly tokensPerSecond: number
  readonly claimed: number
  readonly incident?: string
}

const PEERS: readonly SamplePeer[] = [
  { name: 'falcon', profile: 'data-centre GPU', tokensPerSecond: 118, claimed: 120 },
  { name: 'heron', profile: 'data-centre GPU', tokensPerSecond: 96, claimed: 110, incident: 'throttled to a quarter at 3:20' },
  { name: 'high-performance-2', profile: 'gaming GPU', tokensPerSecond: 71, claimed: 75 },
  { name: 'magpie', profile: 'gaming GPU that exaggerates', tokensPerSecond: 22, claimed: 240 },
  { name: 'osprey', profile: 'gaming GPU', tokensPerSecond: 64, claimed: 64, incident: 'left at 6:00, came back at 7:30' },
  { name: 'plover', profile: 'laptop GPU', tokensPerSecond: 31, claimed: 35 },
  { name: 'raven', profile: 'laptop GPU', tokensPerSecond: 28, claimed: 30 },
  { name: 'swift', profile: 'workstation far away', tokensPerSecond: 58, claimed: 60 },
  { name: 'tern', profile: 'old gaming GPU that fails', tokensPerSecond: 40, claimed: 45 },
  { name: 'wren', profile: 'CPU only', tokensPerSecond: 9, claimed: 10 }
]

const ARMS = [
  'predicted-completion',
  'per-token',
  'standard',
  'performance-first',
  'latency-first',
  'reliability-first',
  'balanced',
  'efficiency-first',
  'proximity-first',
  'reputation-first'
]

const SHARES: Readonly<Record<Side, readonly number[]>> = {
  adaptive: [0.27, 0.17, 0.15, 0.01, 0.13, 0.07, 0.06, 0.11, 0.02, 0.01],
  static: [0.16, 0.13, 0.1, 0.26, 0.1, 0.06, 0.06, 0.06, 0.06, 0.01]
}

function pick(shares: readonly number[], u: number): number {
  let sum = 0
  const index = shares.findIndex((share) => (sum += share) > u)
  return index === -1 ? shares.length - 1 : index
}

interface SampleJob {
  readonly index: number
  readonly arrivalMs: number
  readonly promptTokens: number
  readonly outputTokens: number
}

interface SideHabits {
  readonly failureRatio: number
  readonly waitMs: number
}

const HABITS: Readonly<Record<Side, SideHabits>> = {
  adaptive: { failureRatio: 0.004, waitMs: 500 },
  static: { failureRatio: 0.021, waitMs: 1500 }
}

/** Even at first, then more and more of the two best arms. */
function sampleArm(arrivalMs: number, u: number): string {
  const learned = Math.min(1, arrivalMs / 120_000)
  const shares = ARMS.map((_, arm) => (1 - learned) * 0.1 + learned * ([0.52, 0.22, 0.06, 0.05, 0.04][arm] ?? 0.022))
  return ARMS[pick(shares, u)]
}

function sampleRow(side: Side, job: SampleJob): JobRow {
  const rng = pcg32(7, 2 * job.index + (side === 'adaptive' ? 0 : 1))
  const peer = PEERS[pick(SHARES[side], rng.next())]
  const slowdown = peer.name === 'heron' && job.arrivalMs > 200_000 && job.arrivalMs < 330_000 ? 4 : 1
  const firstTokenMs = 60 - Math.log(1 - rng.next()) * HABITS[side].waitMs * slowdown + job.promptTokens * 0.8
  const durationMs = Math.min(DEADLINE_MS, firstTokenMs + (job.outputTokens * 1000 * slowdown) / peer.tokensPerSecond)
  const drawnArm = sampleArm(job.arrivalMs, rng.next())
  const common = {
    side,
    index: job.index,
    arrivalMs: job.arrivalMs,
    peer: peer.name,
    arm: side === 'adaptive' ? drawnArm : 'standard',
    workloadClass: job.index % 5 === 0 ? 'batch' : 'interactive',
    promptTokens: job.promptTokens,
    decisionMicros: 18 + 20 * rng.next() ** 6
  }
  if (rng.next() < HABITS[side].failureRatio) {
    return {
      ...common,
      durationMs: DEADLINE_MS,
      firstTokenMs: null,
      ok: false,
      failure: 'timeout',
      attempts: 3,
      outputTokens: 0,
      reward: 0
    }
  }
  const attempts = rng.next() < 0.08 ? 2 : 1
  return {
    ...common,
    durationMs,
    firstTokenMs,
    ok: true,
    attempts,
    outputTokens: job.outputTokens,
    reward: 0.4 + 0.4 * rng.next()
  }
}

export function sampleRows(jobs = 1800): readonly JobRow[] {
  const rng = pcg32(42)
  let arrivalMs = 0
  return Array.from({ length: jobs }, (_, index) => {
    arrivalMs += -Math.log(1 - rng.next()) * (600_000 / jobs)
    const job = {
      index,
      arrivalMs,
      promptTokens: 50 + Math.floor(900 * rng.next() ** 2),
      outputTokens: 20 + Math.floor(260 * rng.next())
    }
    return [sampleRow('adaptive', job), sampleRow('static', job)]
  }).flat()
}

function sampleBeliefs(): readonly ArmBelief[] {
  return ARMS.map((arm, index) => ({
    arm,
    workloadClass: 'interactive',
    mean: 0.71 - 0.021 * index,
    weight: 900 / (index + 1),
    spread: 0.012 + 0.004 * index
  }))
}

function samplePeer({ name, profile, tokensPerSecond, claimed, incident }: SamplePeer, index: number): PeerInfo {
  return {
    name,
    peerId: `12D3KooW${name}`,
    profile,
    ...(incident === undefined ? {} : { incident }),
    claimedTokensPerSecond: claimed,
    observedTokensPerSecond: name === 'wren' ? null : tokensPerSecond,
    rttMs: 8 + 9 * index
  }
}

/** What a run of ten minutes would hand over; made up, the same every time. */
export function sampleInput(changes: Partial<ComparisonInput> = {}): ComparisonInput {
  return {
    seed: 42,
    minutes: 10,
    workload: 'Poisson arrivals, sizes drawn from a published chat trace',
    utilisation: 0.7,
    startedAt: '2026-03-14T09:26:53.000Z',
    command: 'npm start -- --seed 42 --minutes 10',
    rows: sampleRows(),
    beliefs: sampleBeliefs(),
    agreement: { algorithms: 8, decisions: 1894, topShare: 0.834, meanDistinct: 1.21, meanTau: 0.91 },
    peers: PEERS.map(samplePeer),
    incidents: [
      { atMs: 200_000, text: 'heron throttled to a quarter of its speed' },
      { atMs: 330_000, text: 'heron back to full speed' },
      { atMs: 360_000, text: 'osprey left the swarm' },
      { atMs: 366_000, text: 'tern began to fail one job in five' },
      { atMs: 450_000, text: 'osprey came back' }
    ],
    learnedFrom: { outcomes: 1894, journal: '.peerbandit/journal' },
    ...changes
  }
}
