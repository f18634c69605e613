import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../src/peer/evidence.ts'
import type { Claims, Observation } from '../../src/peer/observation.ts'
import { peerTable } from '../../src/peer/peer-table.ts'

const HOUR_MS = 3_600_000
const CLAIMS: Claims = { models: ['llama3.2'], tokensPerSecond: 80, gpuModel: 'RTX 3080', vramGb: 10, loadRatio: 0.2 }

function outcome(durationMs: number, ok: boolean): Observation {
  return {
    kind: 'outcome',
    promptTokens: 20,
    expectedOutputTokens: 50,
    inFlightAtDispatch: 1,
    outcome: ok ? { ok, durationMs, firstTokenMs: durationMs / 10, outputTokens: 50 } : { ok, durationMs, reason: 'timeout' }
  }
}

const pings = fc.oneof(
  fc.double({ min: 0, max: 5000, noNaN: true }).map((rttMs): Observation => ({ kind: 'ping', rttMs })),
  fc.constant<Observation>({ kind: 'ping-failed' })
)
const sessions = fc.constantFrom<Observation>({ kind: 'connected' }, { kind: 'disconnected' })
const outcomes = fc.tuple(fc.double({ min: 1, max: 60_000, noNaN: true }), fc.boolean()).map(([ms, ok]) => outcome(ms, ok))
const loads = fc.nat(8).map((running): Observation => ({
  kind: 'load',
  load: { slots: 4, running, queued: 1, tokensPerSecond: 30 }
}))
const claims = fc.double({ min: 0, max: 500, noNaN: true }).map((tokensPerSecond): Observation => ({
  kind: 'claims',
  claims: { ...CLAIMS, tokensPerSecond }
}))
const anyObservation = fc.oneof(pings, sessions, outcomes, loads, claims)

interface Timed {
  readonly observation: Observation
  readonly atMs: number
}

/** Observations with the times at which they were made, in order. */
function timed(observations: fc.Arbitrary<Observation>): fc.Arbitrary<Timed[]> {
  return fc
    .array(fc.tuple(observations, fc.nat(1_000_000)), { maxLength: 30 })
    .map((list) => list.map(([observation, gapMs]) => ({ observation, gapMs })))
    .map((list) => {
      let atMs = 0
      return list.map(({ observation, gapMs }) => ({ observation, atMs: (atMs += gapMs) }))
    })
}

function evidenceOf(stream: readonly Timed[], atMs: number): Evidence {
  const table = peerTable()
  table.add('peer', 0)
  for (const { observation, atMs: seenAtMs } of stream) table.observe('peer', observation, seenAtMs)
  return table.evidence(0, atMs)
}

/** Kinds that are folded together: the first success of a session weighs more, so that sessions and outcomes are one. */
function groupOf({ kind }: Observation): string {
  if (kind === 'ping-failed') return 'ping'
  return kind === 'disconnected' || kind === 'outcome' ? 'connected' : kind
}

/** Every figure of some evidence by its path, undefined ones left out. */
function figures(evidence: object, path = ''): Record<string, number> {
  return Object.fromEntries(
    Object.entries(evidence).flatMap(([name, value]: [string, unknown]) => {
      if (typeof value === 'number') return [[`${path}${name}`, value] as const]
      return typeof value === 'object' && value !== null ? Object.entries(figures(value, `${path}${name}.`)) : []
    })
  )
}

describe('peer table', () => {
  it('depends on the order of observations within a group of kinds only', () => {
    fc.assert(
      fc.property(timed(anyObservation), (stream) => {
        const groups = Map.groupBy(stream, ({ observation }) => groupOf(observation))
        const sorted = [...groups.values()].flat()
        expect(evidenceOf(sorted, 40_000_000), 'kinds one after the other').toEqual(evidenceOf(stream, 40_000_000))
      })
    )
  })

  it('gives finite evidence, with ratios within 0–1, for any stream of observations', () => {
    fc.assert(
      fc.property(timed(anyObservation), fc.nat(100_000_000), (stream, atMs) => {
        const evidence = evidenceOf(stream, atMs)
        for (const [name, value] of Object.entries(figures(evidence))) {
          expect(Number.isFinite(value) && value >= 0, `${name} is ${value}`).toBe(true)
        }
        for (const ratio of [evidence.roundTrip.answeredRatio, evidence.sessions.uptimeRatio, evidence.outcomes.successRatio]) {
          expect(ratio ?? 0, 'ratio').toBeLessThanOrEqual(1)
        }
      })
    )
  })

  it('reads without writing: looking at a later time changes nothing now', () => {
    fc.assert(
      fc.property(timed(anyObservation), (stream) => {
        const table = peerTable()
        table.add('peer', 0)
        for (const { observation, atMs } of stream) table.observe('peer', observation, atMs)
        const before = table.evidence(0, 40_000_000)
        table.evidence(0, 9e12)
        expect(table.evidence(0, 40_000_000)).toEqual(before)
      })
    )
  })

  it('takes over a snapshot, through JSON, with what a restart keeps', () => {
    fc.assert(
      fc.property(timed(anyObservation), fc.nat(1_000_000), (stream, restMs) => {
        const table = peerTable()
        table.add('gone', 0)
        table.add('peer', 0)
        table.remove('gone')
        for (const { observation, atMs } of stream) table.observe('peer', observation, atMs)
        const atMs = (stream.at(-1)?.atMs ?? 0) + restMs
        const restored = peerTable()
        restored.restore(JSON.parse(JSON.stringify(table.snapshot(atMs))))
        const was = table.evidence(table.rowOf('peer'), atMs)
        const is = restored.evidence(restored.rowOf('peer'), atMs)
        expect([...restored.peers()]).toEqual(['peer'])
        expect(is.knownForMs).toBe(was.knownForMs)
        expect(is.roundTrip).toEqual(was.roundTrip)
        expect(is.outcomes).toEqual(was.outcomes)
        expect(is.claims).toEqual(was.claims)
        expect(is.sessions.uptimeRatio ?? -1).toBeCloseTo(was.sessions.uptimeRatio ?? -1, 5)
        expect(is.sessions.departuresPerHour).toBeCloseTo(was.sessions.departuresPerHour, 3)
        expect([is.sessions.connected, is.load, is.inFlight]).toEqual([false, undefined, 0])
      })
    )
  })

  it('leaves peers alone that it knows already when it takes over a snapshot', () => {
    const old = peerTable()
    old.observe('peer', { kind: 'ping', rttMs: 500 }, 0)
    const table = peerTable()
    table.observe('peer', { kind: 'ping', rttMs: 5 }, 1000)
    table.restore(old.snapshot(1000))
    expect(table.evidence(0, 1000).roundTrip.meanMs).toBe(5)
  })

  it('refuses a snapshot of another version or shape', () => {
    const snapshot = peerTable().snapshot(0)
    for (const bad of [undefined, null, {}, { ...snapshot, version: 2 }, { ...snapshot, peers: ['a'] }, { version: 1 }]) {
      expect(() => {
        peerTable().restore(bad)
      }, JSON.stringify(bad)).toThrowError(expect.objectContaining({ code: 'ERR_SNAPSHOT' }))
    }
  })

  it('uses a removed row again, empty, with a version that goes on', () => {
    const table = peerTable()
    const row = table.add('old', 0)
    table.observe('old', { kind: 'ping', rttMs: 10 }, 0)
    table.observe('old', { kind: 'claims', claims: CLAIMS }, 0)
    table.addInFlight(row, 1)
    const version = table.version(row)
    expect(table.remove('old')).toBe(true)
    expect(table.remove('old')).toBe(false)
    expect(() => table.peerAt(row)).toThrowError(expect.objectContaining({ code: 'ERR_UNKNOWN_PEER' }))
    expect(table.add('new', 5)).toBe(row)
    expect(table.version(row)).toBeGreaterThan(version)
    expect(table.rowCount).toBe(1)
    const fresh = peerTable()
    fresh.add('new', 5)
    expect(table.evidence(row, 5)).toEqual(fresh.evidence(0, 5))
  })

  it('keeps rows and evidence while it grows', () => {
    const table = peerTable({ capacity: 1 })
    for (let i = 0; i < 500; i += 1) table.observe(`peer${i}`, { kind: 'ping', rttMs: i }, 0)
    for (let i = 0; i < 500; i += 1) {
      const row = table.rowOf(`peer${i}`)
      expect([row, table.peerAt(row), table.evidence(row, 0).roundTrip.meanMs], `peer${i}`).toEqual([i, `peer${i}`, i])
    }
  })

  it('raises the version with every observation and every job in or out', () => {
    const table = peerTable()
    const versions = [table.version(table.add('peer', 0))]
    const changes = [
      () => {
        table.observe('peer', { kind: 'connected' }, 0)
      },
      () => {
        table.addInFlight(0, 1)
      },
      () => {
        table.addInFlight(0, -1)
      }
    ]
    for (const change of changes) {
      change()
      versions.push(table.version(0))
    }
    expect(new Set(versions).size).toBe(4)
  })

  it('calls listeners after each observation until they end it', () => {
    const table = peerTable()
    const heard: string[] = []
    const end = table.subscribe((peer, { kind }, atMs) => heard.push(`${peer} ${kind} ${atMs}`))
    table.observe('a', { kind: 'connected' }, 1)
    end()
    table.observe('a', { kind: 'disconnected' }, 2)
    expect(heard).toEqual(['a connected 1'])
  })
})

describe('peer table: figures', () => {
  const load = { slots: 1, running: 0, queued: 0, tokensPerSecond: 1 }
  const cases: readonly (readonly [name: string, observation: (figure: number) => Observation])[] = [
    ['rttMs', (rttMs) => ({ kind: 'ping', rttMs })],
    ['load.slots', (slots) => ({ kind: 'load', load: { ...load, slots } })],
    ['load.running', (running) => ({ kind: 'load', load: { ...load, running } })],
    ['load.queued', (queued) => ({ kind: 'load', load: { ...load, queued } })],
    ['load.tokensPerSecond', (tokensPerSecond) => ({ kind: 'load', load: { ...load, tokensPerSecond } })],
    ['load.cpuRatio', (cpuRatio) => ({ kind: 'load', load: { ...load, cpuRatio } })],
    ['claims.tokensPerSecond', (tokensPerSecond) => ({ kind: 'claims', claims: { ...CLAIMS, tokensPerSecond } })],
    ['claims.vramGb', (vramGb) => ({ kind: 'claims', claims: { ...CLAIMS, vramGb } })],
    ['claims.loadRatio', (loadRatio) => ({ kind: 'claims', claims: { ...CLAIMS, loadRatio } })],
    ['outcome.durationMs', (durationMs) => outcome(durationMs, false)]
  ]

  it.each(cases)('refuses a %s that would poison a mean for good, and changes nothing', (name, observation) => {
    const table = peerTable()
    table.observe('peer', { kind: 'ping', rttMs: 10 }, 0)
    const before = table.evidence(0, 0)
    for (const figure of [NaN, -1, Infinity, 1e300]) {
      expect(() => {
        table.observe('peer', observation(figure), 0)
      }, `${name} ${figure}`).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    }
    expect(table.evidence(0, 0)).toEqual(before)
  })

  it.each([NaN, 0, -1])('refuses %d as an option', (bad) => {
    for (const name of ['capacity', 'rttHalfLifeMs', 'rttRecentHalfLifeMs', 'sessionHalfLifeMs', 'outcomeHalfLifeMs']) {
      expect(() => peerTable({ [name]: bad }), name).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    }
  })
})

describe('peer table: sessions', () => {
  /** So long that nothing is forgotten within a test. */
  const steady = { sessionHalfLifeMs: 1e15 }

  it('weights uptime by time, not by the number of events', () => {
    const table = peerTable(steady)
    table.observe('peer', { kind: 'connected' }, 0)
    for (let hour = 1; hour <= 10; hour += 1) {
      table.observe('peer', { kind: 'disconnected' }, hour * HOUR_MS - 36_000)
      table.observe('peer', { kind: 'connected' }, hour * HOUR_MS)
    }
    const { uptimeRatio, departuresPerHour, observedMs } = table.evidence(0, 10 * HOUR_MS).sessions
    expect(uptimeRatio).toBeCloseTo(0.99, 5)
    expect(departuresPerHour).toBeCloseTo(1, 5)
    expect(observedMs / HOUR_MS).toBeCloseTo(10, 3)
  })

  it('counts the running session up to now', () => {
    const table = peerTable(steady)
    table.observe('peer', { kind: 'disconnected' }, 0)
    table.observe('peer', { kind: 'connected' }, HOUR_MS)
    expect(table.evidence(0, 4 * HOUR_MS).sessions.uptimeRatio).toBeCloseTo(0.75, 5)
  })

  it('weights recent time more: after one half-life the past counts half', () => {
    const table = peerTable({ sessionHalfLifeMs: HOUR_MS })
    table.observe('peer', { kind: 'disconnected' }, 0)
    table.observe('peer', { kind: 'connected' }, HOUR_MS)
    expect(table.evidence(0, 2 * HOUR_MS).sessions.uptimeRatio).toBeCloseTo(2 / 3, 5)
  })

  it('counts the gap of a restart neither as up nor as down', () => {
    const before = peerTable(steady)
    before.observe('peer', { kind: 'disconnected' }, 0)
    before.observe('peer', { kind: 'connected' }, HOUR_MS)
    const after = peerTable(steady)
    after.restore(before.snapshot(2 * HOUR_MS))
    after.observe('peer', { kind: 'connected' }, 100 * HOUR_MS)
    const { uptimeRatio, observedMs, departuresPerHour } = after.evidence(0, 102 * HOUR_MS).sessions
    expect(observedMs / HOUR_MS).toBeCloseTo(4, 3)
    expect(uptimeRatio).toBeCloseTo(0.75, 5)
    expect(departuresPerHour).toBe(0)
  })
})

describe('the per-token average', () => {
  const succeed = (table: ReturnType<typeof peerTable>, durationMs: number) => {
    const outcome = { ok: true, durationMs, firstTokenMs: 0, outputTokens: 100 } as const
    table.observe('a', { kind: 'outcome', promptTokens: 0, expectedOutputTokens: 100, inFlightAtDispatch: 0, outcome }, 0)
  }

  it('moves by three tenths, but by seven tenths at the first success after the peer arrived', () => {
    const table = peerTable()
    const average = () => table.msPerWorkToken(table.rowOf('a'))
    table.observe('a', { kind: 'connected' }, 0)
    succeed(table, 1000)
    expect(average()).toBeCloseTo(10, 5)
    succeed(table, 2000)
    expect(average()).toBeCloseTo(13, 5)
    table.observe('a', { kind: 'disconnected' }, 0)
    table.observe('a', { kind: 'connected' }, 0)
    succeed(table, 2300)
    expect(average()).toBeCloseTo(20, 5)
    succeed(table, 1000)
    expect(average()).toBeCloseTo(17, 5)
  })
})
