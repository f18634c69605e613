import { createServer, type AddressInfo } from 'node:net'
import type { Clock, Timers } from '../core/clock.ts'
import { isPeerbanditError } from '../core/errors.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import { type BatchingEngine, batchingEngine } from '../simulation/engine/engine.ts'
import { delayRelay, uniformDelay } from '../simulation/relay/delay-relay.ts'
import type { HostLoad } from './host-load.ts'
import type { StartedWorker, WorkerSpec } from './swarm-spec.ts'
import { startWorker, type WorkerNode } from './worker-node.ts'

export interface RelayedWorker {
  readonly started: StartedWorker
  readonly engine: BatchingEngine
  /** Comes and goes by its spec from now on. */
  go(): void
  stop(): Promise<void>
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) =>
    server.close(() => {
      resolve()
    })
  )
  return port
}

export interface RelayedWorkerComponents {
  readonly clock: Clock & Timers
  readonly hostLoad: HostLoad
}

interface Uplink {
  readonly port: number
  /** Cuts all connections and takes no more. */
  readonly down: () => Promise<void>
  readonly up: () => Promise<void>
}

/** A relay that can go away and come back at the same port. */
async function uplink(clock: Clock & Timers, spec: WorkerSpec, targetPort: number): Promise<Uplink> {
  const rng = pcg32(seedFrom(spec.name, 'relay'))
  const oneWayDelayMs = uniformDelay(rng, spec.rttMs.min / 2, spec.rttMs.max / 2)
  const open = (listenPort: number) => delayRelay({ clock, timers: clock }, { listenPort, targetPort, oneWayDelayMs })
  let relay = await open(spec.relayPort ?? 0)
  return {
    port: relay.port,
    down: () => relay.close(),
    up: async () => {
      relay = await open(relay.port)
    }
  }
}

/** Goes away and comes back by the spec, from now on; the returned function ends that. */
function comeAndGo(clock: Timers, { down, up }: Uplink, away: WorkerSpec['away']): () => void {
  const cancels = away.flatMap(({ fromMs, toMs }) => [
    clock.after(fromMs, () => void down()),
    // A port that was taken meanwhile keeps the worker away: just what its peers would see of a broken uplink.
    clock.after(toMs, () => {
      up().catch(() => undefined)
    })
  ])
  return () => {
    for (const cancel of cancels) cancel()
  }
}

const PORT_ATTEMPTS = 10

/** Runs `start` again while a port that was free a moment ago turns out to be taken by then. */
async function whilePortsAreTaken<T>(start: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(attempt)
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !isPeerbanditError(error, 'ERR_PORT_IN_USE')) throw error
    }
  }
}

/**
 * A worker with a simulated engine behind a relay that makes it as far away as its spec says. Others learn only the relay's
 * address, so pings and streams both feel the distance.
 */
export async function relayedWorker(
  components: RelayedWorkerComponents,
  spec: WorkerSpec,
  bootstrap: readonly string[]
): Promise<RelayedWorker> {
  const { clock } = components
  const engine = batchingEngine({ clock, timers: clock }, { ...spec.engine, name: spec.name })
  const { worker, link } = await whilePortsAreTaken((attempt) => {
    // Its old port may be somebody else's by now. Then its peers learn the new one from the DHT.
    const { relayPort = 0 } = attempt === 1 ? spec : {}
    return startBehindRelay({ ...components, engine }, { ...spec, relayPort }, bootstrap)
  })
  let stay: () => void = () => undefined
  return {
    started: { name: spec.name, peer: worker.id, relayPort: link.port },
    engine,
    go() {
      stay = comeAndGo(clock, link, spec.away)
    },
    async stop() {
      stay()
      await Promise.all([link.down(), worker.stop()])
    }
  }
}

async function startBehindRelay(
  { clock, hostLoad, engine }: RelayedWorkerComponents & { readonly engine: BatchingEngine },
  spec: WorkerSpec,
  bootstrap: readonly string[]
): Promise<{ readonly worker: WorkerNode; readonly link: Uplink }> {
  const targetPort = await freePort()
  const link = await uplink(clock, spec, targetPort)
  try {
    const worker = await startWorker(
      { clock, engine, hostLoad },
      {
        claims: spec.claims,
        keySeed: Buffer.from(spec.keySeed, 'hex'),
        listen: [`/ip4/127.0.0.1/tcp/${targetPort}`],
        announce: [`/ip4/127.0.0.1/tcp/${link.port}`],
        bootstrap
      }
    )
    return { worker, link }
  } catch (error) {
    await link.down()
    throw error
  }
}
