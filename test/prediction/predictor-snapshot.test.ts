import { describe, expect, it } from 'vitest'
import { predictor } from '../../src/prediction/predictor.ts'
import { emptyForecast } from '../../src/prediction/forecast.ts'
import { claims, job, load, predictorWorld, type PredictorWorld, send, teach } from './support.ts'

const PEERS = ['a', 'b', 'new']
const MINUTE_MS = 60_000

/** Two peers that were used, one that was not; then long enough nothing that nothing passing is left. */
function used(): PredictorWorld {
  const w = predictorWorld()
  w.table.observe('a', { kind: 'claims', claims: claims(400, 'X') }, w.clock.wall())
  w.table.observe('new', { kind: 'claims', claims: claims(100, 'X') }, w.clock.wall())
  teach(w, 'a', { msPerToken: 10, overheadMs: 50 }, 15)
  teach(w, 'b', { msPerToken: 60, lengthRatio: 0.5 }, 15)
  send(w, 'b').fail()
  w.clock.advance(10 * MINUTE_MS)
  w.table.observe('new', { kind: 'claims', claims: claims(100, 'X') }, w.clock.wall())
  return w
}

function forecasts({ table, clock }: PredictorWorld, predicts: PredictorWorld['predicts']) {
  return PEERS.map((peer) => {
    const into = emptyForecast()
    predicts.predict(table.rowOf(peer), job(), clock.wall(), into)
    return { ...into, reward: predicts.prospect(table.rowOf(peer), job(), { atMs: clock.wall(), retries: 2 }).reward }
  })
}

const plain = (snapshot: unknown): unknown => JSON.parse(JSON.stringify(snapshot))

describe('the snapshot of a predictor', () => {
  it('brings back the same predictions over the same table, by way of JSON', () => {
    const w = used()
    const before = forecasts(w, w.predicts)
    const fresh = predictor(w)
    fresh.restore(plain(w.predicts.snapshot()))
    const after = forecasts(w, fresh)
    for (const [i, peer] of ['a', 'b'].entries()) {
      for (const [name, value] of Object.entries(before[i])) {
        expect(after[i][name as keyof (typeof after)[number]], `${name} of ${peer}`).toBeCloseTo(value, 6)
      }
    }
    // What the pool knows comes back with the peers as they are believed to be by now.
    expect(Math.abs(after[2].durationMs / before[2].durationMs - 1), 'of the new peer').toBeLessThan(0.25)
    expect(plain(fresh.snapshot())).toEqual(plain(w.predicts.snapshot()))
  })

  it('has the peers whose pace was seen, and those only that are there', () => {
    const w = used()
    expect(w.predicts.snapshot().peers.map(([peer]) => peer)).toEqual(['a', 'b'])
    w.table.remove('a')
    expect(w.predicts.snapshot().peers.map(([peer]) => peer)).toEqual(['b'])
  })

  it('of peers that the table does not have is passed over', () => {
    const snapshot = plain(used().predicts.snapshot())
    const other = predictorWorld()
    other.table.add('b', other.clock.wall())
    other.predicts.restore(snapshot)
    expect(other.predicts.snapshot().peers.map(([peer]) => peer)).toEqual(['b'])
  })

  it('keeps what audits found: an exaggerator is corrected from the start', () => {
    const w = predictorWorld()
    teach(w, 'a', { msPerToken: 20 }, 1)
    const running = send(w, 'a', job({ expectedOutputTokens: 2_000 }))
    running.progress(0)
    for (let i = 0; i < 150; i++) {
      w.clock.advance(500)
      running.progress(25)
      w.hear('a', load({ running: 1, tokensPerSecond: 500 }))
    }
    const [[, , , , bias]] = w.predicts.snapshot().peers
    expect(bias, 'ten times too fast').toBeCloseTo(Math.log(10), 1)
    const fresh = predictor(w)
    fresh.restore(plain(w.predicts.snapshot()))
    expect(fresh.snapshot().peers[0]).toEqual(w.predicts.snapshot().peers[0])
  })

  const good = used().predicts.snapshot()
  const [peer] = good.peers
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'predictor'],
    ['no version', { ...good, version: undefined }],
    ['another version', { ...good, version: 1 }],
    ['no peers', { ...good, peers: undefined }],
    ['peers that are no list', { ...good, peers: 'a, b' }],
    ['a peer that is null', { ...good, peers: [null] }],
    ['a peer that is a number', { ...good, peers: [7] }],
    ['a peer without a name', { ...good, peers: [[1, ...peer.slice(1)]] }],
    ['a peer without all its figures', { ...good, peers: [peer.slice(0, 5)] }],
    ['a peer with a figure that is none', { ...good, peers: [[...peer.slice(0, 7), null]] }],
    ['no pool', { ...good, pool: null }],
    ['a pool without a mean', { ...good, pool: { ...good.pool, meanWork: null } }],
    ['a pool without lengths', { ...good, pool: { ...good.pool, lengthRatios: undefined } }],
    ['a length that is no number', { ...good, pool: { ...good.pool, lengthRatios: [['batch', 'long']] } }],
    ['no offsets', { ...good, offsets: undefined }],
    ['an offset that is no pair', { ...good, offsets: ['batch'] }],
    ['an offset that is no number', { ...good, offsets: [['batch', NaN]] }]
  ])('is refused when it has %s, and nothing has changed', (_, wrong) => {
    const w = used()
    const before = plain(w.predicts.snapshot())
    expect(() => {
      w.predicts.restore(wrong)
    }).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT' }) as Error)
    expect(plain(w.predicts.snapshot())).toEqual(before)
  })
})
