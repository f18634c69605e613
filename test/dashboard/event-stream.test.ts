import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { eventsOf } from './events.ts'
import { fedSelection } from './fed-selection.ts'
import { serving } from './serving.ts'

const { served, servedWithJobs } = serving()

describe('the stream of states', () => {
  it('brings one at once and one every interval to all who listen', async () => {
    const { fed, origin } = await served()
    const [a, b] = [await eventsOf(origin), await eventsOf(origin)]
    expect([(await a.next()).totals.decisions, (await b.next()).totals.decisions]).toEqual([0, 0])
    fed.meet()
    fed.begin()
    fed.clock.advance(1000)
    expect([(await a.next()).totals.decisions, (await b.next()).totals.decisions]).toEqual([1, 1])
    a.close()
    b.close()
  })

  it('computes nothing while nobody listens', async () => {
    let asked = 0
    const experiment = () => {
      asked += 1
      return undefined
    }
    const { fed, origin } = await served(fedSelection(), { experiment })
    fed.clock.advance(10_000)
    expect(asked).toBe(0)
    const listener = await eventsOf(origin)
    await listener.next()
    fed.clock.advance(2000)
    await listener.next()
    await listener.next()
    expect(asked).toBe(3)
    listener.close()
    await listener.gone()
    fed.clock.advance(10_000)
    expect(asked).toBe(3)
  })

  it('refuses more listeners than it may have', async () => {
    const { origin } = await served(fedSelection(), { maxListeners: 1 })
    const first = await eventsOf(origin)
    await first.next()
    expect((await fetch(`${origin}/dashboard/events`)).status).toBe(503)
    first.close()
  })

  it('drops who does not read instead of keeping states for them', async () => {
    const { fed, origin, port } = await servedWithJobs(60)
    const healthy = await eventsOf(origin)
    await healthy.next()
    const slow = connect(port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write('GET /dashboard/events HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => slow.once('readable', resolve))
    // The kernels take some megabytes; then it is full.
    let sent = 0
    for (let i = 0; i < 400; i++) {
      fed.clock.advance(1000)
      sent += JSON.stringify(await healthy.next()).length
    }
    let read = 0
    slow.on('data', (chunk) => {
      read += chunk.length
    })
    await new Promise((resolve) => slow.once('close', resolve))
    expect(read).toBeLessThan(sent)
    healthy.close()
  })

  it('answers HEAD without beginning', async () => {
    const { origin } = await served()
    const response = await fetch(`${origin}/dashboard/events`, { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
  })

  it('ends when the dashboard is stopped', async () => {
    const { origin, page } = await served()
    const listener = await eventsOf(origin)
    await listener.next()
    page.stop()
    await listener.gone()
  })
})
