import { describe, expect, it } from 'vitest'
import { healthGate } from '../../src/health/health-gate.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import type { Outcome } from '../../src/job/outcome.ts'

const success: Outcome = { ok: true, durationMs: 100, firstTokenMs: 10, outputTokens: 10 }

function setUp(options = {}) {
  const table = peerTable()
  const gate = healthGate(table, {
    coolDownMs: 1000,
    maxCoolDownMs: 3000,
    maxInFlightPerPeer: 2,
    maxProbesInFlight: 2,
    ...options
  })
  const known = (peer: string) => {
    table.observe(peer, { kind: 'outcome', promptTokens: 1, expectedOutputTokens: 1, inFlightAtDispatch: 0, outcome: success }, 0)
    return table.rowOf(peer)
  }
  return { table, gate, known }
}

describe('the health gate', () => {
  it('lets a known peer have jobs up to its limit', () => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.dispatched(row)
    expect(gate.exclusion(row, 0)).toBeUndefined()
    gate.dispatched(row)
    expect(gate.exclusion(row, 0)).toBe('at-limit')
    gate.released(row)
    expect(gate.exclusion(row, 0)).toBeUndefined()
  })

  it('lets a peer have as many jobs as it says it has slots, where its word counts', () => {
    for (const [trustSlots, most] of [
      [false, 2],
      [true, 5]
    ] as const) {
      const { table, gate, known } = setUp({ trustSlots })
      const row = known('a')
      for (let jobs = 0; jobs < most; jobs++) {
        expect(gate.exclusion(row, 0)).toBeUndefined()
        gate.dispatched(row)
        table.observe('a', { kind: 'load', load: { slots: 5, running: jobs, queued: 0, tokensPerSecond: 0 } }, 0)
      }
      expect(gate.exclusion(row, 0)).toBe('at-limit')
    }
  })

  it.each([
    [3, 4],
    [12, 4],
    [40, 16]
  ])('tries four strangers of %i at a time, or two in five: %i', (peers, most) => {
    const table = peerTable()
    const gate = healthGate(table)
    const rows = Array.from({ length: peers }, (_, i) => {
      table.add(`peer-${i}`, 0)
      return table.rowOf(`peer-${i}`)
    })
    const tried = rows.filter((row) => {
      if (gate.exclusion(row, 0) !== undefined) return false
      gate.dispatched(row)
      return true
    })
    expect(tried).toHaveLength(Math.min(peers, most))
  })

  it.each(['timeout', 'unreachable', 'disconnected', 'protocol'] as const)('cools a peer down at once after "%s"', (reason) => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.failed('a', reason, 0)
    expect(gate.exclusion(row, 999)).toBe('cooling')
    expect(gate.exclusion(row, 1000)).toBeUndefined()
  })

  it('takes three failures of the engine in a row to cool a peer down', () => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.failed('a', 'engine', 0)
    gate.failed('a', 'engine', 0)
    gate.succeeded('a')
    gate.failed('a', 'engine', 0)
    gate.failed('a', 'engine', 0)
    expect(gate.exclusion(row, 1)).toBeUndefined()
    gate.failed('a', 'engine', 0)
    expect(gate.exclusion(row, 1)).toBe('cooling')
  })

  it('keeps jobs from a full peer for a moment, longer each time it refuses, and no longer when a job there does well', () => {
    const { gate, known } = setUp({ overloadBackOffMs: 100 })
    const row = known('a')
    gate.failed('a', 'overloaded', 0)
    expect(gate.exclusion(row, 99)).toBe('cooling')
    expect(gate.exclusion(row, 100)).toBeUndefined()
    gate.failed('a', 'overloaded', 100)
    expect(gate.exclusion(row, 299)).toBe('cooling')
    expect(gate.exclusion(row, 300)).toBeUndefined()
    for (let atMs = 1000; atMs <= 10_000; atMs += 1000) gate.failed('a', 'overloaded', atMs)
    expect(gate.exclusion(row, 10_799)).toBe('cooling')
    expect(gate.exclusion(row, 10_800), 'never longer than eight times the first').toBeUndefined()
    gate.failed('a', 'overloaded', 11_000)
    gate.succeeded('a')
    expect(gate.exclusion(row, 11_001)).toBeUndefined()
  })

  it('lets one job at a time through after the cool-down, until one succeeds', () => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.failed('a', 'timeout', 0)
    expect(gate.exclusion(row, 1000)).toBeUndefined()
    gate.dispatched(row)
    expect(gate.exclusion(row, 1000)).toBe('probing')
    gate.released(row)
    gate.succeeded('a')
    gate.dispatched(row)
    expect(gate.exclusion(row, 1001)).toBeUndefined()
  })

  it('doubles the cool-down with every trip, up to the longest', () => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.failed('a', 'timeout', 0)
    gate.failed('a', 'timeout', 1000)
    expect(gate.exclusion(row, 2999)).toBe('cooling')
    gate.failed('a', 'timeout', 3000)
    expect(gate.exclusion(row, 5999)).toBe('cooling')
    expect(gate.exclusion(row, 6000)).toBeUndefined()
  })

  it('counts several failures of one outage once', () => {
    const { gate, known } = setUp()
    const row = known('a')
    for (let i = 0; i < 5; i++) gate.failed('a', 'disconnected', i)
    expect(gate.exclusion(row, 1000)).toBeUndefined()
  })

  it('lets an unknown peer have one job, and all unknown peers together as many as the budget', () => {
    const { table, gate } = setUp()
    const [a, b, c] = ['a', 'b', 'c'].map((peer) => table.add(peer, 0))
    gate.dispatched(a)
    expect(gate.exclusion(a, 0)).toBe('probing')
    expect(gate.exclusion(b, 0)).toBeUndefined()
    gate.dispatched(b)
    expect(gate.exclusion(c, 0)).toBe('probing')
    gate.released(a)
    expect(gate.exclusion(c, 0)).toBeUndefined()
  })

  it('does not blame a peer for an abandoned job', () => {
    const { gate, known } = setUp()
    const row = known('a')
    gate.failed('a', 'abandoned', 0)
    expect(gate.exclusion(row, 1)).toBeUndefined()
  })

  it.each([
    { maxInFlightPerPeer: 0 },
    { coolDownMs: NaN },
    { maxProbesInFlight: 1.5 },
    { engineFailures: -1 },
    { overloadBackOffMs: 0 }
  ])('refuses %o', (options) => {
    expect(() => healthGate(peerTable(), options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})
