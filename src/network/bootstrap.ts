import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Libp2p } from 'libp2p'
import { show } from '../core/check.ts'
import { sleep } from '../core/abort.ts'
import type { Timers } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'

const REDIAL_INTERVAL_MS = 5_000

function parse(address: string) {
  try {
    const parsed = multiaddr(address)
    const id = parsed.getComponents().findLast(({ name }) => name === 'p2p')?.value
    if (id !== undefined) return { address: parsed, peer: peerIdFromString(id) }
  } catch (cause) {
    throw refused(address, cause)
  }
  throw refused(address)
}

function refused(address: string, cause?: unknown): PeerbanditError {
  return new PeerbanditError(
    'ERR_INVALID_OPTION',
    `bootstrap must be multiaddrs that end in /p2p/<peer id>, got ${show(address)}; a node prints its own when it starts`,
    { cause }
  )
}

/**
 * Keeps a node connected to its bootstrap nodes. `@libp2p/bootstrap` dials them once: a bootstrap node that starts later than
 * this one, or restarts, would never be seen.
 */
export function keepBootstrapped(libp2p: Libp2p, addresses: readonly string[], timers: Timers) {
  const targets = addresses.map(parse)
  const stopping = new AbortController()
  let running: Promise<unknown> = Promise.resolve()

  async function keep({ address, peer }: ReturnType<typeof parse>): Promise<void> {
    while (!stopping.signal.aborted) {
      if (libp2p.getConnections(peer).length === 0) {
        // A bootstrap node that is away is dialled again; there is nobody to tell.
        await libp2p.dial(address, { signal: stopping.signal }).catch(() => undefined)
      }
      await sleep(timers, REDIAL_INTERVAL_MS, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    start(): void {
      running = Promise.all(targets.map(keep))
    },
    async stop(): Promise<void> {
      stopping.abort()
      await running
    }
  }
}
