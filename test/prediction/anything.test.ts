import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { job, predictorWorld, type PredictorWorld, send } from './support.ts'

const PEERS = ['a', 'b', 'c']
const peer = fc.constantFrom(...PEERS)
const figure = fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 1e12, noNaN: true }))
const count = fc.oneof(fc.nat({ max: 10 }), figure)
const slots = fc.oneof(fc.nat({ max: 5 }), fc.double({ min: 0, max: 5, noNaN: true }), figure)

type Sent = ReturnType<typeof send>

interface Scene {
  readonly w: PredictorWorld
  readonly open: Sent[]
}

type Act = (scene: Scene) => void

/** Does something with the job that was sent `which` before the last one, if there are as many. */
function withJob(which: number, act: (sent: Sent, scene: Scene) => void): Act {
  return (scene) => {
    const sent = scene.open.at(-1 - which)
    if (sent !== undefined) act(sent, scene)
  }
}

const which = fc.nat({ max: 3 })

const observed: fc.Arbitrary<Act> = fc
  .tuple(
    peer,
    fc.oneof(
      fc.record({ kind: fc.constant('ping' as const), rttMs: figure }),
      fc.record({ kind: fc.constantFrom('connected' as const, 'disconnected' as const, 'ping-failed' as const) }),
      fc.record({
        kind: fc.constant('load' as const),
        load: fc.record({ slots, running: count, queued: count, tokensPerSecond: figure })
      }),
      fc.record({
        kind: fc.constant('claims' as const),
        claims: fc.record({
          models: fc.constant(['m']),
          tokensPerSecond: figure,
          gpuModel: fc.constantFrom('', 'x'),
          vramGb: figure,
          loadRatio: figure
        })
      })
    )
  )
  .map(([name, observation]) => ({ w }: Scene) => {
    w.table.observe(name, observation, w.clock.wall())
  })

const asked = fc.record({
  promptTokens: fc.nat({ max: 100_000 }),
  expectedOutputTokens: fc.integer({ min: 1, max: 10_000 }),
  workloadClass: fc.constantFrom('interactive', 'batch')
})

const acts: fc.Arbitrary<Act> = fc.oneof(
  observed,
  fc.tuple(peer, asked).map(([name, over]): Act => ({ w, open }) => {
    w.table.add(name, w.clock.wall())
    open.push(send(w, name, job(over)))
  }),
  fc.tuple(which, fc.oneof(fc.nat({ max: 300 }), figure)).map(([index, tokens]) =>
    withJob(index, (sent) => {
      sent.progress(tokens)
    })
  ),
  fc.tuple(which, fc.constantFrom('complete' as const, 'fail' as const, 'cancel' as const)).map(([index, end]) =>
    withJob(index, (sent, { open }) => {
      open.splice(open.indexOf(sent), 1)
      sent[end]()
    })
  ),
  peer.map((name): Act => ({ w }) => {
    w.table.remove(name)
  }),
  // The wall clock may be set back.
  fc.integer({ min: -60_000, max: 3_600_000 }).map((ms): Act => ({ w }) => {
    w.clock.advance(ms)
  }),
  fc.integer({ min: 1, max: 2_000 }).map((ms): Act => ({ w }) => {
    w.clock.advance(ms)
  })
)

function expectSound({ w }: Scene): void {
  const there = PEERS.filter((name) => w.table.has(name))
  for (const cost of w.costs(there, { seed: 3 })) expect(cost >= 0 && cost < Infinity, `a cost of ${cost}`).toBe(true)
  for (const name of there) {
    const forecast = w.predicted(name)
    for (const [what, value] of Object.entries(forecast)) {
      expect(value >= 0 && value < Infinity, `${what} of ${value}`).toBe(true)
    }
    expect(forecast.failureRatio).toBeLessThanOrEqual(1)
    expect(forecast.waitingMs).toBeLessThanOrEqual(forecast.durationMs + 1e-9 * forecast.durationMs)
    const reward = w.reward(name)
    expect(reward >= 0 && reward <= 1, `a reward of ${reward}`).toBe(true)
  }
}

describe('a predictor', () => {
  it.each([
    ['usual', {}],
    ['that knows all peers as one', { identity: false }],
    ['that hears no reports', { reports: false }]
  ])('%s predicts something finite and not negative, whatever happens', (_, options) => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (all) => {
        const scene: Scene = { w: predictorWorld(options), open: [] }
        for (const act of all) {
          act(scene)
          expectSound(scene)
        }
      }),
      { numRuns: 300 }
    )
  })

  it('has no trace of jobs when all have ended, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 60 }), (all) => {
        const scene: Scene = { w: predictorWorld({ reports: false }), open: [] }
        for (const act of all) act(scene)
        for (const sent of scene.open) sent.cancel()
        for (const name of PEERS) {
          scene.w.table.add(name, scene.w.clock.wall())
          expect(scene.w.predicted(name).crowdingMs, name).toBe(0)
        }
      }),
      { numRuns: 200 }
    )
  })
})
