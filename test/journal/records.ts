import fc from 'fast-check'
import { EXCLUSION_REASONS } from '../../src/job/decision.ts'
import type { Decision, OutcomeRecord } from '../../src/job/decision.ts'
import { FAILURE_REASONS } from '../../src/job/outcome.ts'

/** The n-th decision, made n ms after the epoch. */
export function decisionAt(n: number, overrides: Partial<Decision> = {}): Decision {
  return {
    id: idOf(n),
    jobId: `job-${n}`,
    attempt: 1,
    atMs: n,
    routerId: 'router-1',
    policy: 'thompson',
    model: 'llama-3.1-8b',
    workloadClass: 'interactive',
    promptTokens: 512,
    expectedOutputTokens: 128,
    deadlineMs: 30_000,
    candidateCount: 3,
    candidates: ['peer-a', 'peer-b', 'peer-c'],
    excluded: { cooling: 1 },
    votes: [
      { arm: 'speed', peer: 'peer-a', propensity: 0.7, expectedReward: 0.61 },
      { arm: 'latency', peer: 'peer-b', propensity: 0.3, expectedReward: 0.48 }
    ],
    arm: 'speed',
    peer: 'peer-a',
    armPropensity: 0.7,
    peerPropensity: 0.7,
    draw: { u: 0.1 + 0.2, seed: '18446744073709551615', stream: String(n) },
    ...overrides
  }
}

export function idOf(n: number): string {
  return `${String(n).padStart(13, '0')}-0001-router-1`
}

/** The outcome of the n-th decision, half a ms later. */
export function outcomeAt(n: number, overrides: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    decisionId: idOf(n),
    atMs: n + 0.5,
    peer: 'peer-a',
    inFlightAtDispatch: 2,
    outcome: { ok: true, durationMs: 1234.5, firstTokenMs: 98.7, outputTokens: 120 },
    reward: 0.625,
    ...overrides
  }
}

export async function readAll<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of source) all.push(each)
  return all
}

/** Numbers as JSON may hold them: −0 is written as 0, so it is not among them. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value))
const size = fc
  .oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(Number.MIN_VALUE, Number.MAX_VALUE, 0.1 + 0.2)
  )
  .map((value) => (value === 0 ? 0 : value))
const ratio = fc
  .oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, Number.MIN_VALUE, 1 - Number.EPSILON / 2))
  .map((value) => (value === 0 ? 0 : value))
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ minLength: 1, unit: 'binary' })
const integer64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String)

const vote = fc.record({ arm: text, peer: text, propensity: ratio, expectedReward: ratio })

const known = fc.record(
  {
    gpu: text,
    ...{ vramGb: size, claimedTokensPerSecond: size, rttMs: size, jitterMs: size, uptimeRatio: ratio },
    ...{ slots: size, running: size, queued: size, cpuRatio: ratio, outcomes: count, seenTokensPerSecond: size }
  },
  { requiredKeys: ['outcomes'] }
)

const decisionFields = {
  id: text,
  jobId: text,
  attempt: fc.integer({ min: 1 }),
  atMs: finite,
  routerId: text,
  policy: text,
  model: text,
  workloadClass: text,
  promptTokens: size,
  expectedOutputTokens: size,
  deadlineMs: size,
  candidateCount: count,
  candidates: fc.array(text),
  excluded: fc.dictionary(fc.constantFrom(...EXCLUSION_REASONS), count),
  votes: fc.array(vote),
  arm: text,
  peer: text,
  armPropensity: ratio,
  peerPropensity: ratio,
  draw: fc.record({ u: ratio, seed: integer64, stream: integer64 })
}

export const anyDecision: fc.Arbitrary<Decision> = fc.record(
  { ...decisionFields, known },
  { requiredKeys: Object.keys(decisionFields) as (keyof typeof decisionFields)[] }
)

const load = fc.record(
  { slots: count, running: count, queued: count, tokensPerSecond: size, cpuRatio: ratio },
  { requiredKeys: ['slots', 'running', 'queued', 'tokensPerSecond'] }
)

const anyOutcomeValue = fc.oneof(
  fc.record(
    { ok: fc.constant(true as const), durationMs: size, firstTokenMs: size, outputTokens: size, load },
    { requiredKeys: ['ok', 'durationMs', 'firstTokenMs', 'outputTokens'] }
  ),
  fc.record(
    { ok: fc.constant(false as const), reason: fc.constantFrom(...FAILURE_REASONS), durationMs: size, load },
    { requiredKeys: ['ok', 'reason', 'durationMs'] }
  )
)

export const anyOutcome: fc.Arbitrary<OutcomeRecord> = fc.record({
  decisionId: text,
  atMs: finite,
  peer: text,
  inFlightAtDispatch: count,
  outcome: anyOutcomeValue,
  reward: ratio
})
