import { describe, expect, it } from 'vitest'
import { sleep } from '../../src/core/abort.ts'
import type { Timers } from '../../src/core/clock.ts'
import { TransportError } from '../../src/router/failure.ts'
import type { Prompt } from '../../src/router/job-router.ts'
import { type InferenceRequest, RequestError } from '../../src/router/transport.ts'
import { job } from '../selector/world.ts'
import { advanceBy } from '../support/virtual-time.ts'
import { answer, done, EXPECTED_MS, failing, kinds, lastOutcome, routed, type Script, silent } from './routed.ts'

const call = { endpoint: 'chat', body: { model: 'm', messages: [] } } as const

describe('a job that is cut off', () => {
  const cutOff: Script = async function* () {
    yield await Promise.resolve({ kind: 'tokens', text: 'the sky is ', count: 3 } as const)
    throw new TransportError('disconnected', 'gone')
  }

  /** The first attempt is cut off, whoever has it. */
  async function cut(prompt: Partial<Prompt>) {
    const requests: InferenceRequest[] = []
    const script: Script = (signal, attempt, request) => {
      requests.push(request)
      return attempt === 1 ? cutOff(signal, attempt, request) : answer()
    }
    const w = await routed({ a: script, b: script })
    const { seen, whole } = w.run(undefined, prompt)
    expect(await whole).toBeUndefined()
    return { requests, seen }
  }

  it('goes on at another peer from what was said, where that can be asked for', async () => {
    const told: [string, number][] = []
    const { requests, seen } = await cut({
      call,
      resume: (text, tokens) => {
        told.push([text, tokens])
        return { text: `why? ${text}`, maxTokens: 8 - tokens }
      }
    })
    expect(told).toEqual([['the sky is ', 3]])
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'attempt-failed', 'attempt', 'tokens', 'done'])
    expect(seen[2]).toMatchObject({ kept: true, reason: 'disconnected' })
    expect(requests).toMatchObject([
      { prompt: 'why?', maxTokens: 8, call },
      { prompt: 'why? the sky is ', maxTokens: 5 }
    ])
    expect(requests[1].call).toBeUndefined()
  })

  it.each<[string, Partial<Prompt>]>([
    ['nobody said how', {}],
    ['it cannot be gone on from', { resume: () => undefined }]
  ])('starts anew where %s', async (_, prompt) => {
    const { requests, seen } = await cut(prompt)
    expect(seen[2]).toMatchObject({ kind: 'attempt-failed', kept: false })
    expect(requests.map((request) => request.prompt)).toEqual(['why?', 'why?'])
  })

  /** The attempts go as these say, one after the other; then it is answered. */
  async function cutAgain(prompt: Partial<Prompt>, ...scripts: readonly Script[]) {
    const prompts: string[] = []
    const script: Script = (signal, attempt, request) => {
      prompts.push(request.prompt)
      return (scripts.at(attempt - 1) ?? answer)(signal, attempt, request)
    }
    const w = await routed({ a: script, b: script, c: script }, { maxAttempts: 4 })
    const { seen, whole } = w.run(undefined, prompt)
    await advanceBy(w.clock, 60_000, { stepMs: 250 })
    expect(await whole).toBeUndefined()
    return { prompts, kept: seen.flatMap((event) => (event.kind === 'attempt-failed' ? [event.kept] : [])) }
  }

  const mute: Script = () => failing(new TransportError('unreachable', 'nowhere'))
  /** Until so many tokens were said. */
  const resuming = (text: string, most: number): Partial<Prompt> => ({
    resume: (said, tokens) =>
      tokens > most ? undefined : { text: text + said, maxTokens: 8, ...resuming(text + said, most - tokens) }
  })

  it('keeps what was said when the peer that was to go on says nothing', async () => {
    const { prompts, kept } = await cutAgain(resuming('why? ', 8), cutOff, mute, mute)
    expect(kept).toEqual([true, true, true])
    expect(prompts).toEqual(['why?', ...Array.from({ length: 3 }, () => 'why? the sky is ')])
  })

  it('keeps nothing of what nobody said', async () => {
    const { prompts, kept } = await cutAgain(resuming('why? ', 8), mute, cutOff)
    expect(kept).toEqual([false, true])
    expect(prompts).toEqual(['why?', 'why?', 'why? the sky is '])
  })

  it('asks the whole question again where what was kept cannot be gone on from a second time', async () => {
    const { prompts, kept } = await cutAgain(resuming('why? ', 5), cutOff, cutOff)
    expect(kept).toEqual([true, false])
    expect(prompts).toEqual(['why?', 'why? the sky is ', 'why?'])
  })
})

describe('a request at fault', () => {
  it('ends the job, and is held against nobody', async () => {
    const error = new RequestError(400, { message: 'too long', code: 'context_length_exceeded' })
    const w = await routed({ a: () => failing(error), b: answer })
    w.setMembers(['a'])
    const before = w.journal.lastSequence()
    expect(await w.run().whole).toBe(error)
    expect(w.journal.lastSequence()).toBe(before)
    expect(w.table.inFlight(w.table.rowOf('a'))).toBe(0)
  })
})

describe('a job with conditions', () => {
  it('goes to peers that it accepts only', async () => {
    const w = await routed({ a: answer, b: answer, c: answer })
    const events = await Array.fromAsync(w.router.run(job(), { text: '', maxTokens: 1 }, { accepts: (peer) => peer === 'b' }))
    expect(events[0]).toMatchObject({ decision: { peer: 'b', candidateCount: 1 } })
  })
})

describe('jobs that wait', () => {
  it('are refused above the most that may', async () => {
    const w = await routed({ a: answer }, { maxWaiting: 1 })
    const held = Array.from({ length: 16 }, (_, i) => w.selector.acquire(['a'], job({ id: `held-${i}` })))
    const waiting = w.run()
    await advanceBy(w.clock, 10)
    expect(await w.run().whole).toMatchObject({ code: 'ERR_OVERLOADED' })
    held[0].cancel()
    await advanceBy(w.clock, 10)
    expect(await waiting.whole).toBeUndefined()
  })
})

describe('hedging', () => {
  /** Answers after so long. */
  const late =
    (ms: number) =>
    (clock: Timers): Script =>
      async function* (signal) {
        await sleep(clock, ms, signal === undefined ? {} : { signal })
        yield { kind: 'tokens', text: 'late ', count: 1 }
        yield done
      }

  /** Whoever has the job first does as `first` says, the other as `second`; twenty first tokens came as expected before. */
  async function hedged(first: (clock: Timers) => Script, second: typeof first, budgetRatio = 0.05) {
    const signals: (AbortSignal | undefined)[] = []
    let warm = true
    let sent = 0
    const script: Script = (signal, attempt, request) => {
      if (warm) return late(EXPECTED_MS)(w.clock)(signal, attempt, request)
      signals.push(signal)
      return (++sent % 2 === 1 ? first : second)(w.clock)(signal, attempt, request)
    }
    const w = await routed({ a: script, b: script }, { hedging: { budgetRatio, tail: 0.95 }, maxAttempts: 1 })
    for (let i = 0; i < 20; i++) {
      const { whole } = w.run()
      await advanceBy(w.clock, EXPECTED_MS + 5, { stepMs: 5 })
      expect(await whole).toBeUndefined()
    }
    warm = false
    const run = async () => {
      const { seen, whole } = w.run()
      await advanceBy(w.clock, 1_000, { stepMs: 5 })
      return { seen, error: await whole }
    }
    return { ...w, run, signals }
  }

  const silence = () => silent
  const broken = () => () => failing(new TransportError('unreachable', 'nowhere'))

  it('asks a second peer when the first token is late, and stops the one that is slower', async () => {
    const w = await hedged(silence, late(20))
    const before = w.journal.lastSequence()
    const { seen, error } = await w.run()
    expect(error).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'attempt', 'tokens', 'done'])
    const [first, second] = seen.flatMap((event) => (event.kind === 'attempt' ? [event.decision] : []))
    expect([first.attempt, second.attempt, first.peer === second.peer]).toEqual([1, 2, false])
    expect(w.signals[0]?.aborted).toBe(true)
    expect(w.journal.lastSequence()).toBe(before + 1)
    expect(await lastOutcome(w)).toMatchObject({ peer: second.peer, outcome: { ok: true } })
    for (const peer of ['a', 'b']) expect(w.table.inFlight(w.table.rowOf(peer))).toBe(0)
  })

  it('says nothing of the second where the first is sooner after all', async () => {
    const w = await hedged(late(130), silence)
    const { seen, error } = await w.run()
    expect(error).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'done'])
    expect(w.signals.map((signal) => signal?.aborted)).toEqual([false, true])
  })

  it('leaves the job to the other where one fails', async () => {
    const w = await hedged(late(150), broken)
    const { seen, error } = await w.run()
    expect(error).toBeUndefined()
    expect(kinds(seen)).toEqual(['attempt', 'tokens', 'done'])
    expect((await Array.fromAsync(w.journal.outcomes())).slice(-2)).toMatchObject([
      { outcome: { ok: false, reason: 'unreachable' } },
      { outcome: { ok: true } }
    ])
  })

  it('has failed where both fail, for what the first failed for', async () => {
    const w = await hedged(silence, broken)
    const run = w.router.run(job({ deadlineMs: 400 }), { text: 'why?', maxTokens: 8 })
    const whole = Array.fromAsync(run).catch((error: unknown) => error)
    await advanceBy(w.clock, 500, { stepMs: 5 })
    expect(await whole).toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('keeps to its budget', async () => {
    const w = await hedged(late(300), late(300), 0)
    const runs = [await w.run(), await w.run(), await w.run()]
    // One is granted at the start.
    expect(runs.map(({ seen }) => seen.length)).toEqual([3, 3, 3])
    expect(w.signals).toHaveLength(4)
  })

  it.each([{ budgetRatio: 2 }, { tail: NaN }, { leastDelayMs: 0 }])('refuses %o', async (hedging) => {
    await expect(routed({}, { hedging })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  })
})
