import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { checkInteger, checkNonNegative } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import type { Rng } from '../../core/rng.ts'
import { delayedStream } from './delayed-stream.ts'
import type { DelayComponents } from './delayed-stream.ts'

const HOST = '127.0.0.1'

export interface DelayRelayOptions {
  /** Port to listen on; 0 takes any that is free. @default 0 */
  readonly listenPort?: number
  readonly targetPort: number
  /** What every piece of data takes in each direction, ms; asked anew for each piece, so it may change over time. */
  readonly oneWayDelayMs: () => number
}

export interface DelayRelay {
  readonly port: number
  /** Connections open now. */
  readonly connections: number
  /** Stops listening and cuts all connections. May be called again. */
  close(): Promise<void>
}

/** A delay drawn anew each time, uniform between the two, ms ≥ 0. */
export function uniformDelay(rng: Rng, minMs: number, maxMs: number): () => number {
  checkNonNegative('minMs', minMs)
  checkNonNegative('maxMs - minMs', maxMs - minMs)
  return () => minMs + rng.next() * (maxMs - minMs)
}

function ignore(): void {
  // pipeline() destroys what it joins: a connection that breaks is seen at its two ends and is nobody else's error.
}

/** Carries a client's connection to the target and back; returns the connection to the target. */
function join(components: DelayComponents, client: Socket, { targetPort, oneWayDelayMs }: DelayRelayOptions): Socket {
  const target = connect({ port: targetPort, host: HOST, noDelay: true, allowHalfOpen: true })
  // A reset goes on as a reset. Destroying alone would send an end, which an end that may stay half open takes for one.
  client.on('error', () => target.resetAndDestroy())
  target.on('error', () => client.resetAndDestroy())
  pipeline(client, delayedStream(components, oneWayDelayMs), target, ignore)
  pipeline(target, delayedStream(components, oneWayDelayMs), client, ignore)
  return target
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `relay cannot listen on ${HOST}:${port} (${cause.code ?? cause.message}); choose another port, or 0 for any`
      reject(new PeerbanditError('ERR_PORT_IN_USE', message, { cause }))
    })
    server.listen(port, HOST, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/**
 * A TCP relay on 127.0.0.1 that makes a near peer a far one: it carries the bytes of every connection to `targetPort` and back,
 * each direction late by `oneWayDelayMs`. Keeps order, back-pressure and half-closed connections; when either end is cut, or
 * the target refuses, the other end is cut too. Connecting itself is not delayed.
 * @throws ERR_INVALID_OPTION; ERR_PORT_IN_USE
 */
export async function delayRelay(components: DelayComponents, options: DelayRelayOptions): Promise<DelayRelay> {
  const listenPort = checkInteger('listenPort', options.listenPort ?? 0, { max: 65_535 })
  checkInteger('targetPort', options.targetPort, { min: 1, max: 65_535 })
  const clients = new Set<Socket>()
  const targets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const target = join(components, client, options)
    clients.add(client.once('close', () => clients.delete(client)))
    targets.add(target.once('close', () => targets.delete(target)))
  })
  const port = await listen(server, listenPort)
  let closed: Promise<void> | undefined
  return {
    port,
    get connections() {
      return clients.size
    },
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of [...clients, ...targets]) socket.resetAndDestroy()
      })
      return closed
    }
  }
}
