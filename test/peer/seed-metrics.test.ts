import { describe, expect, it } from 'vitest'
import type { Claims, Observation } from '../../src/peer/observation.ts'
import { peerTable } from '../../src/peer/peer-table.ts'
import { seedRecorder } from '../../src/peer/seed-metrics.ts'

const CLAIMS: Claims = { models: ['llama3.2'], tokensPerSecond: 150, gpuModel: 'RTX 4090', vramGb: 24, loadRatio: 0.3 }
const claim: Observation = { kind: 'claims', claims: CLAIMS }

function record(...observations: readonly Observation[]) {
  const recorder = seedRecorder()
  for (const [i, observation] of observations.entries()) recorder.observe('peer', observation, 1000 + i)
  return recorder.metrics('peer')
}

describe('seed recorder', () => {
  it('drops everything before the first metadata, a disconnection too', () => {
    expect(record({ kind: 'connected' }, { kind: 'ping', rttMs: 5 }, { kind: 'disconnected' })).toBeUndefined()
    expect(record({ kind: 'ping', rttMs: 5 }, { kind: 'disconnected' }, claim)).toEqual({
      pings: [],
      onlineRecords: [true],
      connections: 0,
      disconnections: 0,
      firstSeenMs: 1002,
      resource: { tokensThroughput: 150, load: 0.3, vramGb: 24, gpuModel: 'RTX 4090' }
    })
  })

  it('takes every metadata refresh for one more online record, but not for a connection', () => {
    const metrics = record(claim, claim, { kind: 'claims', claims: { ...CLAIMS, loadRatio: 0.9 } })
    expect(metrics).toMatchObject({
      onlineRecords: [true, true, true],
      connections: 0,
      firstSeenMs: 1000,
      resource: { load: 0.9 }
    })
  })

  it('counts connections and disconnections, each with a record', () => {
    const metrics = record(claim, { kind: 'disconnected' }, { kind: 'connected' }, { kind: 'disconnected' })
    expect(metrics).toMatchObject({ onlineRecords: [true, false, true, false], connections: 1, disconnections: 2 })
  })

  it('keeps the last 100 pings, failed ones too, and the last 1000 records', () => {
    const pings = Array.from({ length: 120 }, (_, rttMs): Observation => ({ kind: 'ping', rttMs }))
    const refreshes = Array.from({ length: 1100 }, () => claim)
    const metrics = record(claim, { kind: 'disconnected' }, ...pings, { kind: 'ping-failed' }, ...refreshes)
    expect(metrics?.pings).toHaveLength(100)
    expect(metrics?.pings.at(0)).toEqual({ rttMs: 21, ok: true })
    expect(metrics?.pings.at(-1)).toEqual({ rttMs: 0, ok: false })
    expect(metrics?.onlineRecords).toHaveLength(1000)
    expect(metrics?.onlineRecords).not.toContain(false)
  })

  it('learns nothing from jobs and load reports', () => {
    const load = { slots: 4, running: 4, queued: 9, tokensPerSecond: 1 }
    const failed: Observation = {
      kind: 'outcome',
      promptTokens: 1,
      expectedOutputTokens: 1,
      inFlightAtDispatch: 0,
      outcome: { ok: false, reason: 'engine', durationMs: 10 }
    }
    expect(record(claim, { kind: 'load', load }, failed)).toEqual(record(claim))
  })

  it('follows a peer table that it is subscribed to, and forgets when told', () => {
    const table = peerTable()
    const recorder = seedRecorder()
    table.subscribe(recorder.observe)
    table.observe('peer', claim, 5)
    expect(recorder.metrics('peer')?.firstSeenMs).toBe(5)
    recorder.forget('peer')
    expect(recorder.metrics('peer')).toBeUndefined()
  })
})
