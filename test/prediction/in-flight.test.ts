import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JobInFlight } from '../../src/prediction/in-flight.ts'
import { decisionOf, job, START_MS } from './support.ts'

const EXPECTED_TOKENS = 150
const MOST_TOKENS = 200
const PROMPT_WORK = 10
const FIRST_TOKEN_MS = 400
const FIRST_TOKEN_ERROR_MS = 75

function started(expectedTokens = EXPECTED_TOKENS): JobInFlight {
  const decision = decisionOf('a', job({ expectedOutputTokens: MOST_TOKENS }), { atMs: START_MS })
  return new JobInFlight(decision, {
    promptWork: PROMPT_WORK,
    expectedTokens,
    firstTokenMs: FIRST_TOKEN_MS,
    firstTokenErrorMs: FIRST_TOKEN_ERROR_MS
  })
}

describe('the work that is left of a job in flight', () => {
  it('is all of it before the first token', () => {
    expect(started().workLeft).toBe(PROMPT_WORK + EXPECTED_TOKENS)
  })

  it('is what is missing of the answer after that', () => {
    const running = started()
    running.progressed(1, 1, START_MS)
    expect(running.workLeft).toBe(EXPECTED_TOKENS - 1)
    running.progressed(99, 1, START_MS + 1_000)
    expect(running.workLeft).toBe(EXPECTED_TOKENS - 100)
  })

  it('is half of what the limit leaves when the answer is longer than expected', () => {
    const running = started()
    running.progressed(EXPECTED_TOKENS + 20, 1, START_MS)
    expect(running.workLeft).toBe((MOST_TOKENS - EXPECTED_TOKENS - 20) / 2)
  })

  it('falls with every token on either side of the expected length, and never below 1', () => {
    const pieces = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(pieces, fc.double({ min: 0.5, max: MOST_TOKENS, noNaN: true }), (all, expectedTokens) => {
        const running = started(expectedTokens)
        let [tokens, before] = [0, Infinity]
        for (const piece of all) {
          const overrun = tokens < expectedTokens && tokens + piece >= expectedTokens
          tokens += piece
          running.progressed(piece, 1, START_MS + tokens)
          expect(running.workLeft).toBeGreaterThanOrEqual(1)
          expect(running.workLeft).toBeLessThanOrEqual(overrun ? Math.max(1, MOST_TOKENS / 2) : before)
          before = running.workLeft
        }
      })
    )
  })
})

describe('a stretch of tokens', () => {
  it('begins after the first tokens, whose time goes to the prompt', () => {
    const running = started()
    expect(running.progressed(100, 1, START_MS + 60_000)).toBeUndefined()
    expect(running.progressed(10, 1, START_MS + 60_500)).toEqual({ ms: 500, tokens: 10, running: 1 })
  })

  it('waits until it is long enough in tokens and in time', () => {
    const running = started()
    running.progressed(1, 1, START_MS)
    expect(running.progressed(50, 1, START_MS + 100), 'too short').toBeUndefined()
    expect(running.told).toBe(false)
    expect(running.progressed(1, 1, START_MS + 1_000)).toEqual({ ms: 1_000, tokens: 51, running: 1 })
    expect(running.told).toBe(true)
    expect(running.progressed(1, 1, START_MS + 5_000), 'too few').toBeUndefined()
    expect(running.progressed(4, 1, START_MS + 6_000)).toEqual({ ms: 5_000, tokens: 5, running: 1 })
  })

  it('knows how many jobs ran meanwhile, on average', () => {
    const running = started()
    running.progressed(1, 9, START_MS)
    running.progressed(1, 1, START_MS + 100)
    expect(running.progressed(9, 4, START_MS + 400)).toEqual({ ms: 400, tokens: 10, running: (1 * 100 + 4 * 300) / 400 })
  })

  it('never has fewer than one job running or no time at all, also when the clock jumps', () => {
    const pieces = fc.array(
      fc.record({
        tokens: fc.nat({ max: 20 }),
        running: fc.double({ min: 1, max: 50, noNaN: true }),
        elapsedMs: fc.integer({ min: -5_000, max: 5_000 })
      }),
      { maxLength: 40 }
    )
    fc.assert(
      fc.property(pieces, (all) => {
        const watched = started()
        let nowMs = START_MS
        const stretches = all.flatMap(({ tokens, running, elapsedMs }) => {
          nowMs += elapsedMs
          return watched.progressed(tokens, running, nowMs) ?? []
        })
        for (const { ms, tokens, running } of stretches) {
          expect(ms).toBeGreaterThan(0)
          expect(tokens).toBeGreaterThan(0)
          expect(running).toBeGreaterThanOrEqual(1 - 1e-9)
        }
      }),
      { numRuns: 500 }
    )
  })
})

describe('a job that is silent', () => {
  it('is overdue when the first token takes more than twice as long as was expected, and four times the usual error', () => {
    const job = started()
    expect(job.overdueMs(START_MS + 2 * FIRST_TOKEN_MS)).toBe(0)
    expect(job.overdueMs(START_MS + 2 * FIRST_TOKEN_MS + 5_000)).toBe(4_700)
  })

  it('is overdue some time after its last piece, and no more when the next one comes', () => {
    const job = started()
    job.progressed(3, 1, START_MS + 100)
    expect(job.overdueMs(START_MS + 300)).toBe(0)
    expect(job.overdueMs(START_MS + 2_400)).toBe(2_000)
    job.progressed(3, 1, START_MS + 2_400)
    expect(job.overdueMs(START_MS + 2_401)).toBe(0)
  })

  it('stays overdue after a late first token, until its pace is known', () => {
    const job = started()
    const firstMs = START_MS + 2 * FIRST_TOKEN_MS + 4 * FIRST_TOKEN_ERROR_MS + 1_000
    job.progressed(1, 1, firstMs)
    expect(job.overdueMs(firstMs + 100)).toBe(1_000)
    expect(job.progressed(1, 1, firstMs + 200)).toBeUndefined()
    expect(job.overdueMs(firstMs + 300)).toBe(1_000)
    expect(job.progressed(20, 1, firstMs + 500)).toBeDefined()
    expect(job.overdueMs(firstMs + 600)).toBe(0)
  })
})
