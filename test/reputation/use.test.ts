import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/core/clock.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { emptyForecast } from '../../src/prediction/forecast.ts'
import { predictor } from '../../src/prediction/predictor.ts'
import { followTable } from '../../src/reputation/follow-table.ts'
import { reputation } from '../../src/reputation/reputation.ts'
import { logPaceOfTally } from '../../src/reputation/tally.ts'
import { createSelection } from '../../src/selector/selection.ts'
import { job } from '../selector/world.ts'
import { NOW_MS, summaryOf } from './arbitraries.ts'

const told = (msPerToken: number, failures = 0) => ({
  successes: 50,
  failures,
  paceWeight: 50,
  paceSum: 50 * Math.log(msPerToken)
})

function world() {
  const clock = manualClock(NOW_MS)
  const table = peerTable()
  const known = reputation({ routerId: 'self' }, { friends: ['friend', 'other'] })
  const predicts = predictor({ table, hearsay: known })
  const forecastOf = (peer: string) => {
    const into = emptyForecast()
    predicts.predict(table.rowOf(peer), job(), clock.wall(), into)
    return into
  }
  const observe = (peer: string, outcome: { ok: true; msPerToken: number } | { ok: false }) => {
    const size = { promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0 }
    const ended = outcome.ok
      ? { ok: true as const, durationMs: 100 * outcome.msPerToken, firstTokenMs: outcome.msPerToken, outputTokens: 100 }
      : { ok: false as const, reason: 'engine' as const, durationMs: 500 }
    table.observe(peer, { kind: 'outcome', ...size, outcome: ended }, clock.wall())
  }
  return { clock, table, known, forecastOf, observe }
}

describe('what others tell', () => {
  it('is where a peer starts from that was never used, also when it comes after the peer', () => {
    const { clock, table, known, forecastOf } = world()
    table.observe('peer', { kind: 'connected' }, clock.wall())
    table.observe('unheard', { kind: 'connected' }, clock.wall())
    const before = forecastOf('peer')
    known.receive(summaryOf('friend', told(5)), 'g', NOW_MS)
    clock.advance(2_000)
    expect(forecastOf('peer').durationMs).toBeLessThan(0.6 * before.durationMs)
    expect(forecastOf('unheard').durationMs).toBeCloseTo(before.durationMs, 6)
    known.receive(summaryOf('friend', told(20, 50), 2), 'g', NOW_MS)
    clock.advance(2_000)
    expect(forecastOf('peer').failureRatio).toBeGreaterThan(before.failureRatio + 0.05)
    expect(forecastOf('unheard').failureRatio).toBeCloseTo(before.failureRatio, 6)
  })

  it('never overrides what this router saw: after own jobs it hardly matters, and new words do not at all', () => {
    const [heard, again, alone] = [world(), world(), world()]
    for (const { known } of [heard, again]) known.receive(summaryOf('friend', told(200, 50)), 'g', NOW_MS)
    for (const { observe, clock } of [heard, again, alone]) {
      for (let i = 0; i < 30; i++) {
        observe('peer', { ok: true, msPerToken: 10 })
        clock.advance(1_000)
      }
    }
    const [lied, knew] = [heard.forecastOf('peer'), alone.forecastOf('peer')]
    expect(lied.durationMs / knew.durationMs).toBeCloseTo(1, 1)
    expect(lied.failureRatio - knew.failureRatio).toBeLessThan(0.01)
    const newMs = again.clock.wall()
    expect(again.known.receive(summaryOf('other', told(1), 1, newMs), 'g', newMs).verdict).toBe('taken')
    for (const { clock } of [heard, again]) clock.advance(1_200)
    expect(again.forecastOf('peer').durationMs).toBeCloseTo(heard.forecastOf('peer').durationMs, 6)
  })

  it('is not what a peer falls back to once it was used and then left alone', () => {
    const [heard, alone] = [world(), world()]
    heard.known.receive(summaryOf('friend', told(200)), 'g', NOW_MS)
    for (const { observe, clock } of [heard, alone]) {
      for (let i = 0; i < 10; i++) observe('peer', { ok: true, msPerToken: 10 })
      clock.advance(4 * 3_600_000)
    }
    expect(heard.forecastOf('peer').durationMs / alone.forecastOf('peer').durationMs).toBeCloseTo(1, 1)
  })

  it('changes nothing in a router that listens to nobody, or that hears nothing', () => {
    const table = peerTable()
    const plain = predictor({ table })
    table.observe('peer', { kind: 'connected' }, NOW_MS)
    const [without, within] = [emptyForecast(), world()]
    plain.predict(table.rowOf('peer'), job(), NOW_MS, without)
    within.table.observe('peer', { kind: 'connected' }, NOW_MS)
    expect(within.forecastOf('peer')).toEqual(without)
  })

  it('reaches a whole selection', () => {
    const clock = manualClock(NOW_MS)
    const known = reputation({ routerId: 'self' }, { friends: ['friend'] })
    known.receive(summaryOf('friend', told(5)), 'g', NOW_MS)
    const { table, predictor: predicts } = createSelection({ clock, hearsay: known })
    const costs = ['peer', 'unheard'].map((peer) => {
      table.observe(peer, { kind: 'connected' }, NOW_MS)
      return predicts.prospect(table.rowOf(peer), job(), { atMs: NOW_MS, retries: 2 }).costMs
    })
    expect(costs[0]).toBeLessThan(costs[1])
  })
})

describe('own outcomes', () => {
  it('go from the peer table into the next summary, refusals for being full apart', () => {
    const { clock, table, known, observe } = world()
    const stop = followTable(table, known)
    observe('peer', { ok: true, msPerToken: 10 })
    observe('peer', { ok: false })
    const full = { ok: false as const, reason: 'overloaded' as const, durationMs: 5 }
    const size = { promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0 }
    table.observe('peer', { kind: 'outcome', ...size, outcome: full }, clock.wall())
    table.observe('peer', { kind: 'ping', rttMs: 3 }, clock.wall())
    const whole = { ok: true as const, durationMs: 2_300, firstTokenMs: 2_300, outputTokens: 100 }
    table.observe('slow', { kind: 'outcome', ...size, inFlightAtDispatch: 1, outcome: whole }, clock.wall())
    const { peers } = known.summary(clock.wall())
    expect(peers.map(({ peer, successes, failures }) => [peer, successes, failures])).toEqual([
      ['peer', 1, 1],
      ['slow', 1, 0]
    ])
    expect(logPaceOfTally(peers[0])).toBeCloseTo(Math.log(10), 9)
    expect(logPaceOfTally(peers[1])).toBeCloseTo(Math.log(20), 9)
    stop()
    observe('peer', { ok: false })
    expect(known.summary(clock.wall()).peers[0].failures).toBe(1)
  })
})
