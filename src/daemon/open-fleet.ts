import { isDeepStrictEqual } from 'node:util'
import type { Backend, BackendComponents, BackendOptions } from '../backends/backend.ts'
import { type BackendFleet, backendFleet } from '../backends/backend-fleet.ts'
import { ollamaBackend } from '../backends/ollama-backend.ts'
import { openAiBackend } from '../backends/openai-backend.ts'
import type { AbortOptions } from '../core/abort.ts'
import type { Clock, Timers } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'
import type { Fleet } from '../router/fleet.ts'
import { mixedFleet } from '../router/mixed-fleet.ts'
import type { Selection } from '../selector/selection.ts'
import type { Config } from './config/config-schema.ts'
import { usesLocalSwarm } from './config/differences.ts'
import type { Secrets } from './config/secrets.ts'
import { defined } from './daemon-options.ts'
import type { LocalFleet } from './local-fleet.ts'

type BackendConfig = Config['backends'][number]

/** All peers of a configuration. */
export interface DaemonFleet extends Fleet {
  /** How people call a peer. */
  nameOf(peer: PeerId): string
  /** Whether a peer serves the model, or did when it was last there. */
  wasServed(model: string): boolean
  /** Takes over other backends: those that are as before keep their connections. */
  replaceBackends(config: Config, secrets: Secrets): void
  /** The simulated swarm of this machine, where it runs. */
  readonly local: LocalFleet | undefined
}

/** A libp2p id by its end, which is what tells ids apart. */
const SHOWN_CHARACTERS = 8

const MAKERS = { openai: openAiBackend, ollama: ollamaBackend }

function optionsOf(config: BackendConfig, { backendKeys }: Secrets): BackendOptions {
  const { name, url, models, headers, slots, gpu, vramGb, tokensPerSecond } = config
  return defined({
    name,
    url,
    headers,
    slots,
    apiKey: backendKeys.get(name),
    models: Array.isArray(models) ? Object.fromEntries(models.map((model: string) => [model, model])) : models,
    hardware: defined({ gpuModel: gpu, vramGb, tokensPerSecond })
  }) as BackendOptions
}

/** Makes the backends of configurations; those that did not change are the same ones again. */
class BackendMaker {
  readonly #components: BackendComponents
  #made = new Map<string, { readonly kind: string; readonly options: BackendOptions; readonly backend: Backend }>()

  constructor(components: BackendComponents) {
    this.#components = components
  }

  all({ backends }: Config, secrets: Secrets): Backend[] {
    const made = backends.map((config) => {
      const [kind, options] = [config.kind, optionsOf(config, secrets)]
      const before = this.#made.get(config.name)
      if (before?.kind === kind && isDeepStrictEqual(before.options, options)) return before
      return { kind, options, backend: MAKERS[kind](this.#components, options) }
    })
    this.#made = new Map(made.map((each) => [each.options.name, each]))
    return made.map(({ backend }) => backend)
  }
}

/** Backends that are not used any more, and may have jobs under way: those go on for as long as they would while the daemon drains. */
class RetiredBackends {
  readonly #timers: Timers
  readonly #graceMs: number
  readonly #waiting = new Map<Backend, () => void>()

  constructor(timers: Timers, graceMs: number) {
    this.#timers = timers
    this.#graceMs = graceMs
  }

  add(backends: readonly Backend[]): void {
    for (const backend of backends) {
      const close = () => {
        this.#waiting.delete(backend)
        void backend.close()
      }
      this.#waiting.set(backend, this.#timers.after(this.#graceMs, close))
    }
  }

  close(): void {
    for (const [backend, cancel] of this.#waiting) {
      cancel()
      void backend.close()
    }
    this.#waiting.clear()
  }
}

// libp2p is half of the memory of a daemon that does not need it: loaded where there is a network.

async function openLocal(selection: Selection, clock: Clock & Timers, { local }: Config, options: AbortOptions) {
  const { localFleet } = await import('./local-fleet.ts')
  return localFleet(selection, clock, local, options)
}

async function openNetwork(selection: Selection, clock: Clock & Timers, network: NonNullable<Config['network']>) {
  const { networkFleet } = await import('../swarm/router-node.ts')
  return networkFleet(selection, clock, network)
}

async function openCrowdllama(selection: Selection, clock: Clock & Timers, crowdllama: NonNullable<Config['crowdllama']>) {
  const { crowdllamaFleet } = await import('../network/crowdllama/fleet.ts')
  const { bootstrap, maxMetadataAgeSeconds } = crowdllama
  return crowdllamaFleet(selection, clock, { bootstrap, maxMetadataAgeMs: maxMetadataAgeSeconds * 1000 })
}

/**
 * Opens all peers of a configuration: its backends, its networks, or simulated workers where it has none of them.
 * @throws ERR_INVALID_OPTION, ERR_WORKER, ERR_TIMEOUT, the signal's reason
 */
export async function openFleet(
  selection: Selection,
  clock: Clock & Timers,
  { config, secrets }: { readonly config: Config; readonly secrets: Secrets },
  options: AbortOptions = {}
): Promise<DaemonFleet> {
  const maker = new BackendMaker({ clock, timers: clock })
  const { network, crowdllama, drainSeconds } = config
  const local = usesLocalSwarm(config) ? await openLocal(selection, clock, config, options) : undefined
  const retired = new RetiredBackends(clock, drainSeconds * 1000)
  const backends: BackendFleet = backendFleet(selection, clock, maker.all(config, secrets), {
    retire: (each) => {
      retired.add(each)
    }
  })
  // Before the other network, which takes every id of libp2p for one of its own.
  const crowd = crowdllama === undefined ? undefined : await openCrowdllama(selection, clock, crowdllama)
  const joined = network === undefined ? undefined : await openNetwork(selection, clock, network)
  // A router that serves before would tell its first clients that their models are unknown.
  await backends.asked()
  const fleet = mixedFleet([backends, ...[crowd, joined, local].filter((each) => each !== undefined)])
  return {
    ...fleet,
    local,
    wasServed: (model) => backends.wasServed(model) || fleet.members(model).length > 0,
    nameOf: (peer) => (backends.has(peer) ? peer : (local?.nameOf(peer) ?? peer.slice(-SHOWN_CHARACTERS))),
    replaceBackends(next, nextSecrets) {
      backends.replace(maker.all(next, nextSecrets))
    },
    async stop() {
      retired.close()
      await fleet.stop()
    }
  }
}
