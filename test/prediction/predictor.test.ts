import { describe, expect, it } from 'vitest'
import { claims, job, load, predictorWorld, send, teach } from './support.ts'

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b)
const within = (actual: number, expected: number, share: number) => Math.abs(actual / expected - 1) < share

describe('the prediction of a job', () => {
  it('at an idle peer that is known is its round trip, and its pace times the work', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20, rttMs: 50 }, 60)
    const { durationMs, firstTokenMs, waitingMs, crowdingMs } = w.predicted('a')
    // 100 tokens of prompt cost as much as five, then the hundred of the answer.
    expect(within(durationMs, 50 + 20 * 105, 0.03), `${durationMs} ms`).toBe(true)
    expect(within(firstTokenMs, 50 + 20 * 5, 0.1), `${firstTokenMs} ms to the first token`).toBe(true)
    expect([waitingMs, crowdingMs]).toEqual([0, 0])
  })

  it('grows with the job', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    const [small, large, read] = [{}, { expectedOutputTokens: 200 }, { promptTokens: 2_100 }].map((over) =>
      w.predicted('a', job(over))
    )
    expect(large.durationMs - small.durationMs).toBeGreaterThan(1_500)
    expect(large.firstTokenMs).toBeCloseTo(small.firstTokenMs, -1)
    expect(read.firstTokenMs - small.firstTokenMs, 'reading').toBeGreaterThan(1_500)
  })

  it.each([true, false])('is learned from tokens as they come, or else from whole jobs (tokens seen: %s)', (streams) => {
    const w = predictorWorld()
    for (const msPerToken of [5, 80]) {
      const peer = `with ${msPerToken} ms a token`
      teach(w, peer, { msPerToken, streams }, 40)
      const { durationMs } = w.predicted(peer)
      expect(within(durationMs, 10 + msPerToken * 105, 0.15), `${peer}: ${durationMs} ms`).toBe(true)
    }
  })

  it('knows that answers are shorter than their limit', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20, lengthRatio: 0.4 }, 80)
    expect(within(w.predicted('a').durationMs, 10 + 20 * 45, 0.1)).toBe(true)
  })

  it('knows a peer that takes its time before it starts', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20, overheadMs: 400 }, 60)
    teach(w, 'b', { msPerToken: 20 }, 60)
    expect(w.predicted('a').firstTokenMs - w.predicted('b').firstTokenMs).toBeGreaterThan(300)
  })

  it('at a new peer is that of peers in general, or as far as they were true, of its claims', () => {
    const w = predictorWorld()
    for (const peer of ['a', 'b', 'c', 'd']) {
      w.table.observe(peer, { kind: 'claims', claims: claims(50) }, w.clock.wall())
      teach(w, peer, { msPerToken: 20 }, 10)
    }
    for (const peer of ['silent', 'fast', 'slow']) w.table.add(peer, w.clock.wall())
    const before = w.predicted('fast').durationMs
    expect(w.predicted('silent').durationMs).toBe(before)
    expect(before).toBeGreaterThan(1_000)
    expect(before).toBeLessThan(4_000)
    w.table.observe('fast', { kind: 'claims', claims: claims(200) }, w.clock.wall())
    w.table.observe('slow', { kind: 'claims', claims: claims(10) }, w.clock.wall())
    expect(w.predicted('fast').durationMs).toBeLessThan(0.7 * before)
    expect(w.predicted('slow').durationMs).toBeGreaterThan(1.4 * before)
  })

  it('does not go by claims of a peer whose pace was seen', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    const before = w.predicted('a')
    w.table.observe('a', { kind: 'claims', claims: claims(10_000) }, w.clock.wall())
    expect(w.predicted('a')).toEqual(before)
  })
})

describe('the prediction for a busy peer', () => {
  it('is longer with every job, and waits when all slots are taken', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    w.hear('a', load({ slots: 3 }))
    const seen = Array.from({ length: 7 }, (_, i) => {
      const forecast = w.predicted('a')
      send(w, 'a', job({ id: `j${i}` }))
      return forecast
    })
    const durations = seen.map(({ durationMs }) => durationMs)
    expect(durations).toEqual(ascending(durations))
    expect(new Set(durations).size).toBe(7)
    expect(seen.map(({ waitingMs }) => waitingMs > 0)).toEqual([false, false, false, true, true, true, true])
    expect(seen[2].crowdingMs, 'and takes more from the others').toBeGreaterThan(seen[1].crowdingMs)
  })

  it('is slowed by what is there as much as it slows that itself', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 }, 60)
    const idle = w.predicted('a')
    send(w, 'a', job({ expectedOutputTokens: 30 }))
    const { durationMs, crowdingMs } = w.predicted('a')
    expect(within(durationMs - idle.durationMs, crowdingMs, 0.02)).toBe(true)
    // The two are together until the small one, of 35 work tokens, is done.
    expect(within(crowdingMs, 20 * 0.15 * 35, 0.05), `${crowdingMs} ms`).toBe(true)
  })

  it('takes slots for whole ones, and for one at least', () => {
    const waitingOf = (slots: number) => {
      const w = predictorWorld()
      teach(w, 'a', { msPerToken: 20 })
      w.hear('a', load({ slots }))
      for (let i = 0; i < 5; i++) send(w, 'a', job({ id: `j${i}` }))
      return w.predicted('a')
    }
    expect(waitingOf(2.9)).toEqual(waitingOf(2))
    expect(waitingOf(0)).toEqual(waitingOf(1))
  })

  it('becomes shorter with the tokens of our own jobs there', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 }, 40)
    w.hear('a', load({ slots: 1 }))
    const ahead = send(w, 'a')
    w.clock.advance(110)
    ahead.progress(0)
    const waits = [w.predicted('a').waitingMs]
    for (let i = 0; i < 9; i++) {
      w.clock.advance(200)
      ahead.progress(10)
      waits.push(w.predicted('a').waitingMs)
    }
    expect(waits).toEqual(ascending(waits).reverse())
    expect(within(waits[0], 100 * 20, 0.1), `${waits[0]} ms at first`).toBe(true)
    expect(within(waits[5], 50 * 20, 0.1), `${waits[5]} ms half-way`).toBe(true)
    ahead.complete()
    expect(w.predicted('a').waitingMs).toBe(0)
  })

  it.each(['complete', 'fail', 'cancel'] as const)('is as before when its jobs are gone: %s', (end) => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    const sent = [send(w, 'a'), send(w, 'a')]
    expect(w.predicted('a').crowdingMs).toBeGreaterThan(0)
    for (const each of sent) each[end]()
    expect(w.predicted('a').crowdingMs).toBe(0)
  })

  it('counts the jobs of others as reported, and goes back to what is usual', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    for (let i = 0; i < 50; i++) {
      w.hear('a', load({ slots: 8, running: 0 }))
      w.clock.advance(5_000)
    }
    const alone = w.predicted('a').durationMs
    w.hear('a', load({ slots: 8, running: 6 }))
    const later = [0, 20_000, 120_000].map((ms) => w.predicted('a', job(), w.clock.wall() + ms).durationMs)
    expect(later[0]).toBeGreaterThan(1.5 * alone)
    expect(later).toEqual(ascending(later).reverse())
    expect(within(later[2], alone, 0.1)).toBe(true)
  })

  it('does not count our own jobs twice', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    send(w, 'a')
    const before = w.predicted('a').durationMs
    w.hear('a', load({ running: 1 }))
    expect(w.predicted('a').durationMs).toBeCloseTo(before, 6)
  })

  it('takes no report into account when told not to', () => {
    const w = predictorWorld({ reports: false })
    teach(w, 'a', { msPerToken: 20 })
    const before = w.predicted('a')
    w.hear('a', load({ slots: 1, running: 30, queued: 10, tokensPerSecond: 500 }))
    expect(w.predicted('a')).toEqual(before)
  })

  it('believes the reported pace of a peer that it has seen nothing of, as far as it goes', () => {
    const w = predictorWorld()
    w.table.add('a', w.clock.wall())
    const before = w.predicted('a').durationMs
    w.hear('a', load({ running: 1, tokensPerSecond: 5 }))
    send(w, 'a')
    expect(w.predicted('a').durationMs).toBeGreaterThan(2 * before)
  })
})

describe('a peer that changes', () => {
  it('is noticed to have become slow before the job ends that shows it', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 10 }, 30)
    const running = send(w, 'a', job({ expectedOutputTokens: 400 }))
    w.clock.advance(60)
    running.progress(0)
    const at = (msPerToken: number) => {
      w.clock.advance(50 * msPerToken)
      running.progress(50)
      return w.predicted('a').durationMs
    }
    const [before] = [at(10), at(10)]
    expect(at(40), 'after an eighth of the job').toBeGreaterThan(2.5 * before)
    expect(at(40)).toBeGreaterThan(3 * before)
  })

  it('has a failure ratio that rises as jobs fail, and costs that go with it', () => {
    const w = predictorWorld({ exploration: 0 })
    for (const peer of ['a', 'b']) teach(w, peer, { msPerToken: 20 })
    const ratios = Array.from({ length: 6 }, () => {
      send(w, 'a').fail()
      return w.predicted('a').failureRatio
    })
    expect(ratios).toEqual(ascending(ratios))
    expect(ratios[5]).toBeGreaterThan(0.15)
    expect(ratios[5]).toBeLessThan(1)
    const [failing, sound] = w.costs(['a', 'b'])
    expect(failing).toBeGreaterThan(sound)
    expect(w.predicted('b').failureRatio).toBeLessThan(ratios[5])
  })

  it('fails the more likely the longer the job, where it comes and goes', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 }, 1)
    for (let i = 0; i < 20; i++) {
      w.table.observe('a', { kind: 'disconnected' }, w.clock.wall())
      w.clock.advance(1_000)
      w.table.observe('a', { kind: 'connected' }, w.clock.wall())
      w.clock.advance(59_000)
    }
    const [short, long] = [10, 1_000].map((expectedOutputTokens) => w.predicted('a', job({ expectedOutputTokens })).failureRatio)
    expect(long).toBeGreaterThan(short + 0.1)
  })

  it('blames a peer that is back for no job that its departure broke off', () => {
    const w = predictorWorld({ exploration: 0 })
    teach(w, 'a', { msPerToken: 20 }, 10)
    for (let i = 0; i < 3; i++) send(w, 'a').fail('disconnected')
    const away = w.predicted('a').failureRatio
    w.table.observe('a', { kind: 'disconnected' }, w.clock.wall())
    w.clock.advance(5_000)
    w.table.observe('a', { kind: 'connected' }, w.clock.wall())
    expect(away).toBeGreaterThan(0.2)
    // What is left: that jobs failed somewhere, and that it may go away again.
    expect(w.predicted('a').failureRatio).toBeLessThan(away / 3)
  })

  it('goes on to blame it for what its engine broke off', () => {
    const w = predictorWorld({ exploration: 0 })
    teach(w, 'a', { msPerToken: 20 }, 10)
    for (let i = 0; i < 3; i++) send(w, 'a').fail('engine')
    w.table.observe('a', { kind: 'disconnected' }, w.clock.wall())
    w.table.observe('a', { kind: 'connected' }, w.clock.wall())
    expect(w.predicted('a').failureRatio).toBeGreaterThan(0.1)
  })

  it('is forgotten with its row: another peer there starts from peers in general', () => {
    const [afterSlow, afterUsual] = [500, 20].map((msPerToken) => {
      const w = predictorWorld()
      teach(w, 'a', { msPerToken }, 3)
      const row = w.table.rowOf('a')
      w.table.remove('a')
      w.table.add('b', w.clock.wall())
      expect(w.table.rowOf('b')).toBe(row)
      const { durationMs, firstTokenMs } = w.predicted('b')
      return durationMs - firstTokenMs
    })
    expect(afterSlow).toBeCloseTo(afterUsual, 6)
  })

  it('has no jobs left that ended while it was away', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 })
    const sent = send(w, 'a')
    w.table.remove('a')
    sent.cancel()
    w.table.add('a', w.clock.wall())
    expect(w.predicted('a').crowdingMs).toBe(0)
  })
})

describe('a predictor that knows all peers as one', () => {
  it('expects the same pace of all, whatever each claims', () => {
    const w = predictorWorld({ identity: false })
    teach(w, 'a', { msPerToken: 10 }, 10)
    w.table.add('b', w.clock.wall())
    w.table.observe('b', { kind: 'ping', rttMs: 10 }, w.clock.wall())
    w.table.observe('b', { kind: 'claims', claims: claims(1) }, w.clock.wall())
    const pace = (peer: string) => w.predicted(peer).durationMs - w.predicted(peer).firstTokenMs
    expect(pace('b')).toBe(pace('a'))
    teach(w, 'b', { msPerToken: 40 }, 20)
    expect(pace('b')).toBeCloseTo(pace('a'), 6)
    expect(pace('a'), 'and learns of all').toBeGreaterThan(100 * 20)
  })
})
