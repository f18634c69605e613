import { createHash } from 'node:crypto'
import { type AbortOptions, sleep } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import type { PeerId } from '../job/decision.ts'
import type { Fleet } from '../router/fleet.ts'
import type { Selection } from '../selector/selection.ts'
import { SEED_PROFILES } from '../simulation/engine/profiles.ts'
import { startLocalSwarm } from '../swarm/local-swarm.ts'
import { networkFleet } from '../swarm/router-node.ts'
import type { WorkerSpec } from '../swarm/swarm-spec.ts'

/** What the simulated workers serve; they write filler. */
const LOCAL_MODEL = 'demo-8b'

export interface LocalFleetOptions {
  /** Workers, ≥ 1. */
  readonly workers: number
  readonly seed: number
}

/** A swarm of its own, to be seen from outside too. */
export interface LocalFleet extends Fleet {
  /** Addresses to join it by. */
  readonly bootstrap: readonly string[]
  nameOf(peer: PeerId): string
}

/** A model ends by itself; so that a first request without a limit is answered soon. */
const ANSWER_TOKENS = 120

const WATCH = { discoveryIntervalMs: 1_000, probeIntervalMs: 2_000 }

function specOf(seed: number, index: number): WorkerSpec {
  const { name, tokensPerSecond, slots, gpuModel, vramGb, loadRatio, failureRatio, rttMs } =
    SEED_PROFILES[index % SEED_PROFILES.length]
  const rng = pcg32(seedFrom('local', seed, index))
  // No two machines of a kind are alike.
  const speed = tokensPerSecond * (0.8 + 0.4 * rng.next())
  return {
    name: `worker-${index + 1}-${name.toLowerCase()}`,
    keySeed: createHash('sha256').update(`local/${seed}/${index}`).digest('hex'),
    claims: { models: [LOCAL_MODEL], tokensPerSecond, gpuModel, vramGb, loadRatio },
    engine: { tokensPerSecond: speed, slots, failureRatio, seed, answerTokens: ANSWER_TOKENS },
    rttMs,
    away: []
  }
}

/** Longest wait for all of them; those that come later are members then. */
const GATHER_MS = 10_000

/** Resolves when all workers are there, or after so long. */
async function allThere(
  fleet: Fleet,
  workers: number,
  { clock, signal }: AbortOptions & { readonly clock: Timers }
): Promise<void> {
  const gathered = new AbortController()
  const check = () => {
    if (fleet.members(LOCAL_MODEL).length >= workers) gathered.abort()
  }
  const forget = fleet.onChange(check)
  const stop = signal === undefined ? gathered.signal : AbortSignal.any([gathered.signal, signal])
  check()
  await sleep(clock, GATHER_MS, { signal: stop }).catch(() => undefined)
  forget()
  signal?.throwIfAborted()
}

/**
 * Starts simulated workers on this machine, real libp2p nodes in a process of their own, and joins them: something to send jobs to before
 * there is anything else.
 * @throws ERR_WORKER, ERR_TIMEOUT, the signal's reason
 */
export async function localFleet(
  selection: Selection,
  clock: Clock & Timers,
  { workers, seed }: LocalFleetOptions,
  options: AbortOptions = {}
): Promise<LocalFleet> {
  const specs = Array.from({ length: workers }, (_, i) => specOf(seed, i))
  const bootstrapKeySeed = createHash('sha256').update(`local/${seed}/bootstrap`).digest('hex')
  const swarm = await startLocalSwarm({ bootstrapKeySeed, workers: specs, mortal: [] }, options)
  const names = new Map(swarm.workers.map(({ peer, name }) => [peer, name]))
  const network = await networkFleet(selection, clock, { bootstrap: swarm.bootstrap, models: [LOCAL_MODEL], watch: WATCH })
  try {
    swarm.go()
    await allThere(network, workers, { clock, ...options })
    return {
      ...network,
      bootstrap: swarm.bootstrap,
      nameOf: (peer) => names.get(peer) ?? peer,
      async stop() {
        await network.stop()
        await swarm.stop()
      }
    }
  } catch (error) {
    await Promise.all([network.stop(), swarm.stop()])
    throw error
  }
}
