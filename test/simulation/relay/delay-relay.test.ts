import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/core/clock.ts'
import { pcg32 } from '../../../src/core/rng.ts'
import { delayRelay, uniformDelay } from '../../../src/simulation/relay/delay-relay.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function serverOf(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    cleanUps.push(() => socket.destroy())
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

async function relayTo(targetPort: number, oneWayDelayMs = () => 0) {
  const relay = await delayRelay({ clock: systemClock, timers: systemClock }, { targetPort, oneWayDelayMs })
  cleanUps.push(() => relay.close())
  return relay
}

function clientOf(port: number): Socket {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => undefined)
  cleanUps.push(() => client.destroy())
  return client
}

const echo = (socket: Socket) => {
  socket.pipe(socket)
}

/** Resolves when the socket is closed, in order or by a reset. */
function closed(socket: Socket): Promise<void> {
  socket.resume()
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    socket.once('close', () => {
      resolve()
    })
  })
}

describe('delayRelay', () => {
  it('makes a round trip take twice the delay', async () => {
    const { port } = await serverOf(echo)
    const relay = await relayTo(port, () => 40)
    const client = clientOf(relay.port)
    await once(client, 'connect')
    for (const text of ['first', 'second']) {
      const startMs = systemClock.now()
      client.write(text)
      const [reply] = (await once(client, 'data')) as [Buffer]
      const roundTripMs = systemClock.now() - startMs
      expect(reply.toString(), 'reply').toBe(text)
      expect(roundTripMs, `round trip of ${text}`).toBeGreaterThanOrEqual(80)
      expect(roundTripMs, `round trip of ${text}`).toBeLessThan(1000)
    }
  })

  it('does not let the delay add up over pieces that are sent one after the other', async () => {
    const { port } = await serverOf(echo)
    const client = clientOf((await relayTo(port, () => 50)).port)
    const startMs = systemClock.now()
    for (let i = 0; i < 50; i++) {
      client.write(`${i},`)
      await new Promise(setImmediate)
    }
    client.end()
    expect((await buffer(client)).toString()).toBe(Array.from({ length: 50 }, (_, i) => `${i},`).join(''))
    expect(systemClock.now() - startMs).toBeLessThan(1500)
  })

  it('carries a megabyte unchanged under changing delays', async () => {
    const { port } = await serverOf(echo)
    const client = clientOf((await relayTo(port, uniformDelay(pcg32(1), 0, 5))).port)
    const random = pcg32(2)
    const sent = Buffer.from(Uint32Array.from({ length: 262_144 }, () => random.nextUint32()).buffer)
    client.end(sent)
    const received = await buffer(client)
    expect(received.length).toBe(1_048_576)
    expect(received.equals(sent)).toBe(true)
  })

  it('serves many connections side by side', async () => {
    const { port } = await serverOf(echo)
    const relay = await relayTo(port, () => 20)
    const replies = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const client = clientOf(relay.port)
        client.end(`client ${i}`)
        return (await buffer(client)).toString()
      })
    )
    expect(replies).toEqual(Array.from({ length: 100 }, (_, i) => `client ${i}`))
  })

  it('carries an answer that comes after the end of the question', async () => {
    const { port } = await serverOf((socket) => {
      let question = ''
      socket.on('data', (piece) => (question += piece.toString()))
      socket.on('end', () => socket.end(`got ${question}`))
    })
    const client = clientOf((await relayTo(port, () => 10)).port)
    client.end('question')
    expect((await buffer(client)).toString()).toBe('got question')
  })

  it('cuts the client when the target refuses', async () => {
    const { port, server } = await serverOf(echo)
    server.close()
    await once(server, 'close')
    const relay = await relayTo(port)
    await closed(clientOf(relay.port))
    expect(relay.connections).toBe(0)
  })

  it.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()]
  ])('cuts the client when the target %s the connection', async (_, cut) => {
    const { port } = await serverOf((socket) => socket.once('data', () => cut(socket)))
    const relay = await relayTo(port, () => 5)
    const client = clientOf(relay.port)
    client.write('hello')
    // An end is passed on as an end; the client's own end then closes the connection.
    client.once('end', () => client.end())
    await closed(client)
    expect(client.closed).toBe(true)
  })

  it('cuts the connection to the target when the client goes', async () => {
    let target: Socket | undefined
    const { port } = await serverOf((socket) => {
      target = socket
      socket.write('welcome')
    })
    const client = clientOf((await relayTo(port)).port)
    await once(client, 'data')
    client.resetAndDestroy()
    await closed(target!)
    expect(target?.closed).toBe(true)
  })

  it('cuts everything when it is closed, and may be closed again', async () => {
    const { port } = await serverOf(echo)
    const relay = await relayTo(port)
    const client = clientOf(relay.port)
    client.write('hello')
    await once(client, 'data')
    expect(relay.connections).toBe(1)
    await Promise.all([relay.close(), closed(client)])
    await relay.close()
    expect(relay.connections).toBe(0)
    const late = clientOf(relay.port)
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('says so when its port is taken', async () => {
    const { port } = await serverOf(echo)
    const components = { clock: systemClock, timers: systemClock }
    const attempt = delayRelay(components, { listenPort: port, targetPort: port, oneWayDelayMs: () => 0 })
    await expect(attempt).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      message: `relay cannot listen on 127.0.0.1:${port} (EADDRINUSE); choose another port, or 0 for any`
    })
  })

  it.each([
    [{ targetPort: 0 }, 'targetPort must be an integer from 1 to 65535, got 0'],
    [{ targetPort: 1, listenPort: 70_000 }, 'listenPort must be an integer from 0 to 65535, got 70000']
  ])('refuses %j', async (options, message) => {
    const components = { clock: systemClock, timers: systemClock }
    await expect(delayRelay(components, { oneWayDelayMs: () => 0, ...options })).rejects.toThrow(message)
  })
})

describe('uniformDelay', () => {
  it('stays between its bounds', () => {
    const delay = uniformDelay(pcg32(1), 5, 20)
    const drawn = Array.from({ length: 1000 }, () => delay())
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...drawn)).toBeLessThan(20)
  })

  it.each([
    [-1, 5],
    [5, 4],
    [NaN, 5]
  ])('refuses %d to %d', (minMs, maxMs) => {
    expect(() => uniformDelay(pcg32(1), minMs, maxMs)).toThrow('must be a finite number of at least 0')
  })
})
