import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { sleep, withDeadline } from '../core/abort.ts'
import type { AbortOptions } from '../core/abort.ts'
import { checkPositive, checkText } from '../core/check.ts'
import { systemClock } from '../core/clock.ts'
import type { Timers } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'
import type { NetworkNode } from './node.ts'
import type { Serving } from './serving.ts'

/**
 * Where the providers of a model are kept in the DHT: CIDv1, raw, sha2-256 of `peerbandit/model/<name>`.
 * Not an identity hash, which servers of the JavaScript DHT refuse.
 */
export async function modelCid(model: string): Promise<CID> {
  checkText('model', model)
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(`peerbandit/model/${model}`)))
}

export interface ProvideOptions {
  /** How often the records are written again, ms > 0: a DHT server that restarted has forgotten them. @default 30000 */
  readonly intervalMs?: number
  /** How soon to try again while no DHT server took the record, ms > 0. @default 1000 */
  readonly retryMs?: number
  readonly timers?: Timers
}

const PROVIDE_DEFAULTS = { intervalMs: 30_000, retryMs: 1_000, timers: systemClock } as const satisfies ProvideOptions

/** A query waits until the node knows a DHT server: this ends it where there is none. */
const QUERY_TIMEOUT_MS = 10_000

/** Something that nodes provide: what it is called in errors, and where the DHT keeps who provides it. */
export interface ProvidedContent {
  readonly name: string
  readonly cid: () => Promise<CID> | CID
}

/** Says in the DHT that this node serves models, at once and again on an interval, until it is stopped. */
export function provideModels(node: NetworkNode, models: readonly string[], options: ProvideOptions = {}): Serving {
  for (const model of models) checkText('models', model)
  return provideContents(
    node,
    models.map((model) => ({ name: model, cid: () => modelCid(model) })),
    options
  )
}

/** The same for contents of any kind. */
export function provideContents(node: NetworkNode, contents: readonly ProvidedContent[], options: ProvideOptions = {}): Serving {
  const { intervalMs, retryMs, timers } = { ...PROVIDE_DEFAULTS, ...options }
  checkPositive('intervalMs', intervalMs)
  checkPositive('retryMs', retryMs)
  const stopping = new AbortController()
  const { signal } = stopping

  /** How many DHT servers took the record. */
  async function provide({ name, cid }: ProvidedContent): Promise<number> {
    const key = await cid()
    let taken = 0
    try {
      await withDeadline(timers, { ms: QUERY_TIMEOUT_MS, what: `providing ${name}`, signal }, async (limit) => {
        for await (const event of node.libp2p.services.dht.provide(key, { signal: limit })) {
          if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') taken++
        }
      })
    } catch {
      // Not found by others for now; the next round tries again.
    }
    return taken
  }

  async function keepProviding(content: ProvidedContent): Promise<void> {
    while (!signal.aborted) {
      const taken = await provide(content)
      await sleep(timers, taken > 0 ? intervalMs : retryMs, { signal }).catch(() => undefined)
    }
  }

  const running = Promise.all(contents.map(keepProviding))
  return {
    async stop() {
      stopping.abort()
      await running
    }
  }
}

/**
 * The peers that say they serve a model, as the DHT knows them: perhaps gone, perhaps lying, this node itself left out. Their
 * addresses are kept, so that they can be dialled by id. At most twenty, the bucket size of the DHT.
 * @throws the signal's reason; give one, since a node that knows no DHT server waits for it
 */
export async function* findProviders(node: NetworkNode, model: string, options: AbortOptions): AsyncGenerator<PeerId> {
  yield* findContentProviders(node, await modelCid(model), options)
}

/** The same for content of any kind. */
export async function* findContentProviders(node: NetworkNode, cid: CID, { signal }: AbortOptions): AsyncGenerator<PeerId> {
  for await (const provider of node.libp2p.contentRouting.findProviders(cid, { signal })) {
    const peer = provider.id.toString()
    if (peer !== node.id) yield peer
  }
}
