import { describe, expect, it } from 'vitest'
import { pcg32 } from '../../../src/core/rng.ts'
import type { Observation } from '../../../src/peer/observation.ts'
import { absent, type Behaviour, plainNature } from '../../../src/simulation/virtual/behaviours.ts'
import { virtualPeer } from '../../../src/simulation/virtual/virtual-peer.ts'
import { virtualTime } from '../../../src/simulation/virtual/virtual-time.ts'
import { virtualWatch } from '../../../src/simulation/virtual/virtual-watch.ts'

function watched(roundTripMs: number, ...behaviours: readonly Behaviour[]) {
  const time = virtualTime()
  const claims = { models: ['m'], tokensPerSecond: 180, gpuModel: 'RTX 4090', vramGb: 24, loadRatio: 0 }
  const plain = plainNature({ name: 'peer', tokensPerSecond: 100 }, { claims, roundTripMs: () => roundTripMs })
  const peer = virtualPeer(
    time,
    behaviours.reduce((nature, behaviour) => behaviour(nature), plain)
  )
  const seen: { readonly atMs: number; readonly observation: Observation }[] = []
  const watch = virtualWatch(
    { time, peers: [peer], rng: pcg32(1), observe: (_peer, observation, atMs) => seen.push({ observation, atMs }) },
    { probeIntervalMs: 1000 }
  )
  return { time, watch, seen, kinds: () => seen.map(({ observation }) => observation.kind), claims }
}

describe('the watch of a router in virtual time', () => {
  it('dials, pings, and asks for load and claims; then the peer is a member', async () => {
    const { time, watch, seen, claims } = watched(40)
    await time.run(119)
    expect(watch.members()).toEqual([])
    await time.run(120)
    expect(seen).toEqual([
      { atMs: 40, observation: { kind: 'connected' } },
      { atMs: 80, observation: { kind: 'ping', rttMs: 40 } },
      { atMs: 120, observation: { kind: 'load', load: { slots: 4, running: 0, queued: 0, tokensPerSecond: 0 } } },
      { atMs: 120, observation: { kind: 'claims', claims } }
    ])
    expect(watch.members()).toEqual(['peer'])
  })

  it('probes again every interval, give or take a fifth', async () => {
    const { time, seen } = watched(10)
    await time.run(200_000)
    const pingsMs = seen.filter(({ observation }) => observation.kind === 'ping').map(({ atMs }) => atMs)
    const pausesMs = pingsMs.slice(1).map((atMs, i) => atMs - pingsMs[i] - 20)
    expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(800)
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(1200)
    expect(pingsMs.length).toBeGreaterThan(180)
  })

  it('drops a peer at once when it leaves, and takes it back, claims and all, when dialling reaches it again', async () => {
    const { time, watch, kinds } = watched(40, absent([{ fromMs: 500, toMs: 3000 }]))
    await time.run(500)
    expect(watch.members()).toEqual([])
    expect(kinds().at(-1)).toBe('disconnected')
    await time.run(2999)
    expect(kinds().at(-1), 'nothing is said of dials that fail').toBe('disconnected')
    await time.run(4300)
    expect(watch.members()).toEqual(['peer'])
    expect(kinds().slice(5)).toEqual(['connected', 'ping', 'load', 'claims'])
  })

  it('says that a ping failed when the peer leaves in the middle of it, or takes too long', async () => {
    const leaving = watched(40, absent([{ fromMs: 60, toMs: 100_000 }]))
    await leaving.time.run(200)
    expect(leaving.kinds()).toEqual(['connected', 'disconnected', 'ping-failed'])
    const far = watched(2500)
    await far.time.run(5000)
    expect(far.kinds()).toEqual(['connected', 'ping-failed'])
  })
})
