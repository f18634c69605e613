import { describe, expect, it } from 'vitest'
import { PeerbanditError } from '../../../src/core/errors.ts'
import { TransportError } from '../../../src/router/failure.ts'
import { EngineError } from '../../../src/router/transport.ts'
import {
  absent,
  answering,
  type Behaviour,
  misreporting,
  plainNature,
  stalling
} from '../../../src/simulation/virtual/behaviours.ts'
import { virtualPeer, virtualTransport } from '../../../src/simulation/virtual/virtual-peer.ts'
import { virtualTime } from '../../../src/simulation/virtual/virtual-time.ts'
import { follow, request } from '../run-jobs.ts'

const ALWAYS = { fromMs: 0, toMs: Infinity }

/** 100 tokens/s, 100 ms away, text every 100 ms. */
function world(...behaviours: readonly Behaviour[]) {
  const time = virtualTime()
  const claims = { models: ['m'], tokensPerSecond: 100, gpuModel: '', vramGb: 0, loadRatio: 0 }
  const plain = plainNature({ name: 'peer', tokensPerSecond: 100, frameMs: 100 }, { claims, roundTripMs: () => 100 })
  const peer = virtualPeer(
    time,
    behaviours.reduce((nature, behaviour) => behaviour(nature), plain)
  )
  const transport = virtualTransport([peer])
  const engine = {
    infer: (asked: ReturnType<typeof request>, options: { readonly signal?: AbortSignal }) =>
      transport.infer('peer', asked, options),
    load: () => peer.load()
  }
  const send = (overrides: Partial<ReturnType<typeof request>> = {}, signal?: AbortSignal) =>
    follow(engine, time, request(overrides), signal)
  return { time, peer, send }
}

describe('a virtual peer', () => {
  it('gets a request after half a round trip, and every piece takes the other half', async () => {
    const { time, send } = world()
    const seen = send({ maxTokens: 50 })
    await time.run(2000)
    expect(seen.pieces[0].atMs, 'one token at 100 tokens/s is 10 ms').toBeCloseTo(110)
    expect(seen.tokens).toBe(50)
    expect(seen.endedMs).toBeCloseTo(600)
    expect(seen.done).toMatchObject({ outputTokens: 50, load: { slots: 4, running: 0, queued: 0 } })
  })

  it('delivers in order although later pieces travel faster', async () => {
    const time = virtualTime()
    let tripMs = 400
    const claims = { models: ['m'], tokensPerSecond: 100, gpuModel: '', vramGb: 0, loadRatio: 0 }
    const nature = plainNature(
      { name: 'peer', tokensPerSecond: 100, frameMs: 20 },
      { claims, roundTripMs: () => Math.max(0, (tripMs -= 50)) }
    )
    const peer = virtualPeer(time, nature)
    const seen = follow({ infer: (asked, options) => peer.infer(asked, options), load: () => peer.load() }, time, request())
    await time.run(5000)
    expect(seen.tokens).toBe(100)
    expect(seen.pieces.map(({ text }) => text).join(''), 'the text of a job that nothing overtook').toMatch(/^the sun was low /)
    expect(seen.done).toBeDefined()
  })

  it('is unreachable while it is away, and cuts the jobs that it has when it leaves', async () => {
    const { time, peer, send } = world(absent([{ fromMs: 500, toMs: 1000 }]))
    let departures = 0
    peer.onDeparture(() => (departures += 1))
    const cut = send()
    await time.run(700)
    expect(cut.error).toMatchObject({ name: 'TransportError', reason: 'disconnected' })
    expect(cut.endedMs).toBe(500)
    expect(peer.truth.backlog(), 'the engine gave the job up').toEqual([])
    expect([peer.present, departures]).toEqual([false, 1])
    const refused = send()
    await time.run(800)
    expect(refused.error).toBeInstanceOf(TransportError)
    expect(refused.error).toMatchObject({ reason: 'unreachable' })
    await time.run(1000)
    const served = send()
    await time.run(5000)
    expect(served.tokens).toBe(100)
  })

  it('that is away from the start comes later', async () => {
    const { time, peer } = world(absent([{ fromMs: 0, toMs: 50 }]))
    expect(peer.present).toBe(false)
    await time.run(50)
    expect(peer.present).toBe(true)
  })

  it('that fails fast says so after one round trip', async () => {
    const { time, peer, send } = world(answering({ failsAfterMs: 0 }, ALWAYS))
    const seen = send()
    await time.run(1000)
    expect(seen.error).toBeInstanceOf(EngineError)
    expect(seen.error).toMatchObject({ reason: 'engine' })
    expect(seen.endedMs).toBe(100)
    expect(peer.truth.serving).toBe(false)
  })

  it('that fails slowly says so when it has taken its time', async () => {
    const { time, send } = world(answering({ failsAfterMs: 700 }, ALWAYS))
    const seen = send()
    await time.run(5000)
    expect([seen.endedMs, seen.errorText]).toEqual([800, 'peer cannot run jobs'])
  })

  it('that fails one class of jobs runs the others', async () => {
    const { time, peer, send } = world(answering({ failsAfterMs: 0 }, ALWAYS, 'batch'))
    const [short, long] = [send({ maxTokens: 256 }), send({ maxTokens: 257 })]
    await time.run(60_000)
    expect(short.done?.kind).toBe('done')
    expect(long.error).toMatchObject({ reason: 'engine' })
    expect(peer.truth.serving).toBe(true)
  })

  it('that is a black hole says nothing until the requester gives up', async () => {
    const { time, peer, send } = world(answering('nothing', ALWAYS))
    const patience = new AbortController()
    const seen = send({}, patience.signal)
    const reason = new PeerbanditError('ERR_TIMEOUT', 'enough')
    time.after(9000, () => {
      patience.abort(reason)
    })
    await time.run(8999)
    expect(seen.endedMs).toBeUndefined()
    await time.run(9000)
    expect(seen.error).toBe(reason)
    expect(seen.endedMs).toBe(9000)
    expect(peer.load(), 'and looks idle').toMatchObject({ running: 0 })
  })

  it('that stalls sends a part and then nothing', async () => {
    const { time, send } = world(stalling(1, 4))
    const seen = send({ jobId: 'job-3' })
    await time.run(60_000)
    expect(seen.endedMs).toBeUndefined()
    expect(seen.tokens).toBeGreaterThan(0)
    expect(seen.tokens).toBeLessThan(100)
  })

  it('gives a job up half a round trip after its requester left', async () => {
    const { time, peer, send } = world()
    const patience = new AbortController()
    const seen = send({ maxTokens: 1000 }, patience.signal)
    await time.run(1000)
    patience.abort(new Error('left'))
    await time.run(1049)
    expect(seen.errorText).toBe('left')
    expect(peer.truth.backlog()).toHaveLength(1)
    await time.run(1050)
    expect(peer.truth.backlog()).toEqual([])
  })

  it('refuses when it is full, counting honestly whatever it reports', async () => {
    const { time, peer, send } = world(misreporting({ loadFactor: 0, speedFactor: 2 }))
    const jobs = Array.from({ length: 21 }, (_, i) => send({ jobId: `job-${i}`, maxTokens: 1000 }))
    expect(peer.truth.backlog(), 'those on their way count').toHaveLength(21)
    await time.run(150)
    expect(jobs.map(({ errorText }) => errorText).filter((text) => text !== '')).toEqual([
      'peer is full: 4 jobs running and 16 waiting'
    ])
    expect(peer.truth.backlog()).toHaveLength(20)
    expect(peer.load()).toMatchObject({ running: 0, queued: 0 })
  })

  it('is the only one that a transport knows', () => {
    const { peer } = world()
    expect(() => virtualTransport([peer]).infer('stranger', request(), {})).toThrow(TransportError)
  })
})
