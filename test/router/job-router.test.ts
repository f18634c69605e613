import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/core/abort.ts'
import { TransportError } from '../../src/router/failure.ts'
import { EngineError } from '../../src/router/transport.ts'
import { job } from '../selector/world.ts'
import { advanceBy } from '../support/virtual-time.ts'
import { answer, done, failing, kinds, lastOutcome, routed, type Script, silent } from './routed.ts'

describe('the job router', () => {
  it('streams tokens, then the end with its decision, and learns from it', async () => {
    const w = await routed({ a: answer })
    const { seen, whole } = w.run()
    expect(await whole).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'done'])
    expect(await lastOutcome(w)).toMatchObject({ peer: 'a', outcome: { ok: true, outputTokens: 2, load: { slots: 4 } } })
    expect(w.table.inFlight(w.table.rowOf('a'))).toBe(0)
  })

  it('credits a peer with the tokens that came, not with those that it claims', async () => {
    const boasting: Script = async function* () {
      yield { kind: 'tokens', text: 'two', count: 1_000_000 }
      yield await Promise.resolve({ ...done, outputTokens: 1_000_000 })
    }
    const w = await routed({ a: boasting })
    expect(await w.run().whole).toBeUndefined()
    expect(await lastOutcome(w)).toMatchObject({ outcome: { outputTokens: 3 } })
  })

  it('passes on the load that comes with tokens before the job ends', async () => {
    const load = { slots: 5, running: 4, queued: 2, tokensPerSecond: 30 }
    const telling: Script = async function* () {
      yield { kind: 'tokens', text: 'the ', count: 1 }
      yield { kind: 'tokens', text: 'sky ', count: 1, load }
      yield await Promise.resolve({ kind: 'done', promptTokens: 10, outputTokens: 2 })
    }
    const w = await routed({ a: telling })
    const reports: unknown[] = []
    for await (const event of w.router.run(job(), { text: 'why?', maxTokens: 8 })) {
      if (event.kind === 'tokens') reports.push(w.table.evidence(w.table.rowOf('a'), w.clock.wall()).load)
    }
    expect(reports).toEqual([undefined, { ...load, ageMs: 0 }])
  })

  it('tries another peer after a failure, never the same one while there is another', async () => {
    const broken: Script = (_signal, attempt) => (attempt === 1 ? failing(new TransportError('unreachable', 'gone')) : answer())
    const w = await routed({ a: broken, b: broken })
    const { seen, whole } = w.run()
    expect(await whole).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'attempt-failed', 'attempt', 'tokens', 'done'])
    const tried = seen.flatMap((event) => (event.kind === 'attempt' ? [event.decision] : []))
    expect(new Set(tried.map(({ peer }) => peer)).size).toBe(2)
    expect(tried.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  it.each([
    [new EngineError('engine', 'broke'), 'engine'],
    [new TransportError('disconnected', 'cut'), 'disconnected'],
    [new Error('anything else'), 'disconnected']
  ])('records %s as "%s"', async (error, reason) => {
    const w = await routed({ a: () => failing(error) }, { maxAttempts: 1 })
    expect(await w.run().whole).toMatchObject({ code: 'ERR_JOB_FAILED', cause: error })
    expect(await lastOutcome(w)).toMatchObject({ reward: 0, outcome: { ok: false, reason } })
  })

  it('asks a full peer again, for as long as the job may take, however few attempts it has', async () => {
    const full = new EngineError('overloaded', 'full')
    const w = await routed({ a: (_signal, attempt) => (attempt <= 5 ? failing(full) : answer()) }, { maxAttempts: 1 })
    const { seen, whole } = w.run()
    await advanceBy(w.clock, 5_000)
    expect(await whole).toBeUndefined()
    expect(kinds(seen).filter((kind) => kind === 'attempt-failed')).toHaveLength(5)
    expect(kinds(seen).at(-1)).toBe('done')
  })

  it('takes a stream that ends without saying so as a breach of the protocol', async () => {
    const w = await routed({ a: () => (async function* () {})() }, { maxAttempts: 1 })
    expect(await w.run().whole).toMatchObject({ code: 'ERR_JOB_FAILED' })
    expect(await lastOutcome(w)).toMatchObject({ outcome: { reason: 'protocol' } })
  })

  it('gives up on a peer that sends no first token in time', async () => {
    const w = await routed({ a: silent }, { maxAttempts: 1, firstTokenTimeoutMs: 500 })
    const { whole } = w.run()
    await advanceBy(w.clock, 600)
    expect(await whole).toMatchObject({ code: 'ERR_JOB_FAILED' })
    expect(await lastOutcome(w)).toMatchObject({ outcome: { ok: false, reason: 'timeout', durationMs: 500 } })
  })

  it('gives up on a stream that stalls', async () => {
    const stalling: Script = (signal) =>
      (async function* () {
        yield { kind: 'tokens', text: 'well ', count: 1 } as const
        yield* silent(signal)
      })()
    const w = await routed({ a: stalling }, { maxAttempts: 1, stallTimeoutMs: 300 })
    const { seen, whole } = w.run()
    await advanceBy(w.clock, 400)
    expect(await whole).toMatchObject({ code: 'ERR_JOB_FAILED' })
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'attempt-failed'])
  })

  it('waits anew after every piece, and no longer', async () => {
    const halting: Script = (signal) =>
      (async function* () {
        for (let piece = 0; piece < 3; piece++) {
          yield { kind: 'tokens', text: 'well ', count: 1 } as const
          await sleep(w.clock, 250, signal === undefined ? {} : { signal })
        }
        yield* silent(signal)
      })()
    const w = await routed({ a: halting }, { maxAttempts: 1, stallTimeoutMs: 300 })
    const { seen, whole } = w.run()
    await advanceBy(w.clock, 2_000)
    expect(await whole).toMatchObject({ code: 'ERR_JOB_FAILED' })
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'tokens', 'tokens', 'attempt-failed'])
    expect(await lastOutcome(w)).toMatchObject({ outcome: { reason: 'timeout', durationMs: 800 } })
  })

  it('ends at the deadline of the job, whatever is left of its attempts, and holds it against the peer', async () => {
    const w = await routed({ a: silent }, { firstTokenTimeoutMs: 60_000 })
    const { whole } = w.run()
    await advanceBy(w.clock, 30_100)
    expect(await whole).toMatchObject({ code: 'ERR_TIMEOUT' })
    expect(await lastOutcome(w)).toMatchObject({ outcome: { ok: false, reason: 'timeout' } })
  })

  it('does not blame the peer when the client leaves', async () => {
    const w = await routed({ a: silent })
    const before = w.journal.lastSequence()
    const client = new AbortController()
    const { whole } = w.run(client.signal)
    await advanceBy(w.clock, 10)
    client.abort(new Error('the client left'))
    expect(await whole).toMatchObject({ message: 'the client left' })
    expect(w.journal.lastSequence()).toBe(before)
    expect(w.table.inFlight(w.table.rowOf('a'))).toBe(0)
  })

  it('gives the place back when the reader stops reading', async () => {
    const w = await routed({ a: answer })
    for await (const event of w.router.run(job(), { text: 'why?', maxTokens: 8 })) if (event.kind === 'tokens') break
    expect(w.table.inFlight(w.table.rowOf('a'))).toBe(0)
  })

  it('waits for a place when every peer is full', async () => {
    const w = await routed({ a: answer })
    const held = Array.from({ length: 16 }, (_, i) => w.selector.acquire(['a'], job({ id: `held-${i}` })))
    const { seen, whole } = w.run()
    await advanceBy(w.clock, 300)
    expect(seen).toEqual([])
    await held[0]?.complete({ outputTokens: 1 })
    await advanceBy(w.clock, 10)
    expect(await whole).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'done'])
  })

  it('says at once when there is nobody at all', async () => {
    const w = await routed({ a: answer })
    w.setMembers([])
    expect(await w.run().whole).toMatchObject({ code: 'ERR_NO_ELIGIBLE_PEER' })
  })

  it.each([{ maxAttempts: 0 }, { firstTokenTimeoutMs: NaN }, { stallTimeoutMs: -1 }])('refuses %o', async (options) => {
    await expect(routed({}, options)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})
