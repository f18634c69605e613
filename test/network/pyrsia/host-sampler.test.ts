import { describe, expect, it } from 'vitest'
import { manualClock, systemClock } from '../../../src/core/clock.ts'
import { hostCapacity, hostSampler, type ReadHost, readHost } from '../../../src/network/pyrsia/host-sampler.ts'
import { metricAsker, serveMetric } from '../../../src/network/pyrsia/metric-protocol.ts'
import { watchMetrics } from '../../../src/network/pyrsia/metric-watch.ts'
import { reportedMetrics } from '../../../src/scoring/reported-metrics.ts'
import { misbehave, signalOf, startPair, stopLater } from '../support.ts'

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A host that sends 25 MB a second. */
function host(clock: { now(): number }, overrides: Partial<Awaited<ReturnType<ReadHost>>> = {}): ReadHost {
  return () =>
    Promise.resolve({
      loadAverage: 2,
      busyRatio: 0.5,
      cores: 4,
      networkBytes: clock.now() * 25_000,
      diskBytes: 7e9,
      ...overrides
    })
}

async function pass(clock: ReturnType<typeof manualClock>, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000)
    await settled()
  }
}

describe('hostSampler', () => {
  it('takes rates over its window', async () => {
    const clock = manualClock()
    const sampler = hostSampler({ clock, read: host(clock), intervalMs: 1000 })
    expect(sampler.metric()).toBeUndefined()
    await pass(clock, 30)
    expect(sampler.metric()).toBeCloseTo((0.1 + 0.5 + 0) / 3, 12)
    expect(sampler.samples().map(({ atMs }) => atMs)).toEqual(Array.from({ length: 11 }, (_, i) => 20_000 + 1000 * i))
    sampler.stop()
  })

  it('computes what a Pyrsia node would tell', async () => {
    const clock = manualClock()
    const sampler = hostSampler({ clock, read: host(clock), intervalMs: 1000, form: 'seed' })
    await pass(clock, 3)
    expect(sampler.metric()).toBe(2 * 2 + 0.001 * 25e6 + 0.001 * 7e9)
    sampler.stop()
  })

  it('does not know the metric any more when the system stops answering', async () => {
    const clock = manualClock()
    let broken = false
    const read = host(clock)
    const sampler = hostSampler({
      clock,
      intervalMs: 1000,
      read: () => (broken ? Promise.reject(new Error('no')) : read())
    })
    await pass(clock, 5)
    broken = true
    await pass(clock, 9)
    expect(sampler.metric()).toBeDefined()
    await pass(clock, 5)
    expect(sampler.metric()).toBeUndefined()
    broken = false
    await pass(clock, 1)
    expect(sampler.metric()).toBeDefined()
    sampler.stop()
  })

  it('looks no more once it is stopped', async () => {
    const clock = manualClock()
    let looks = 0
    const read = host(clock)
    const sampler = hostSampler({ clock, intervalMs: 1000, read: () => ((looks += 1), read()) })
    await settled()
    await pass(clock, 3)
    sampler.stop()
    await pass(clock, 3)
    expect(looks).toBe(4)
  })

  it.each([{ windowMs: 1999 }, { windowMs: NaN }, { intervalMs: 0 }, { weights: { network: 0, cpu: 0, disk: 0 } }])(
    'refuses %o',
    (options) => {
      const clock = manualClock()
      expect(() => hostSampler({ clock, intervalMs: 1000, read: host(clock), ...options })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
      )
    }
  )

  it('reads this very machine', async () => {
    const found = await readHost()
    expect(found.cores).toBeGreaterThanOrEqual(1)
    for (const figure of [found.loadAverage, found.busyRatio, found.networkBytes, found.diskBytes]) {
      expect(figure === undefined || (figure >= 0 && figure < Infinity)).toBe(true)
    }
    const { networkBytesPerSecond } = await hostCapacity()
    expect(networkBytesPerSecond ?? 1).toBeGreaterThan(0)
    const read = signalOf()
    const sampler = hostSampler({
      read: () =>
        readHost().finally(() => {
          queueMicrotask(read.tell)
        })
    })
    await read.seen
    await settled()
    expect(sampler.metric()).toBeGreaterThanOrEqual(0)
    sampler.stop()
  })
})

describe('watchMetrics', () => {
  it('keeps the last word of each peer', async () => {
    const [client, server] = await startPair()
    let told = 0
    const twice = signalOf()
    await serveMetric(
      server,
      () => {
        if ((told += 1) === 3) twice.tell()
        return told
      },
      { budget: { perSecond: 1000, burst: 1000 } }
    )
    const metrics = reportedMetrics()
    const asker = metricAsker(client, { budget: { perSecond: 1000, burst: 1000 } })
    stopLater(watchMetrics({ asker, metrics, peers: () => [server.id] }, { intervalMs: 5 }))
    await twice.seen
    expect(metrics.metric(server.id, systemClock.wall())).toBeGreaterThanOrEqual(2)
  })

  it('stops in the middle of a round', async () => {
    const [client, server] = await startPair()
    const asked = signalOf()
    await misbehave(server, '/metric-exchange/1', () => {
      asked.tell()
    })
    const metrics = reportedMetrics()
    const watch = watchMetrics({ asker: metricAsker(client), metrics, peers: () => [server.id] }, { timeoutMs: 60_000 })
    await asked.seen
    await watch.stop()
    expect(metrics.metric(server.id, systemClock.wall())).toBeUndefined()
  })
})
