import { checkPositive } from '../../core/check.ts'
import type { Clock, Timers } from '../../core/clock.ts'
import { systemRng } from '../../core/rng.ts'
import type { PeerId } from '../../job/decision.ts'
import type { Claims } from '../../peer/observation.ts'
import type { Fleet } from '../../router/fleet.ts'
import type { Selection } from '../../selector/selection.ts'
import { findContentProviders } from '../discovery.ts'
import { type MemberWatch, type MemberWatchOptions, Watch } from '../member-watch.ts'
import { pingPeer } from '../ping.ts'
import { Freshness } from './freshness.ts'
import { claimsOf } from './metadata.ts'
import { requestMetadata } from './metadata-protocol.ts'
import { crowdllamaNode, type CrowdllamaNodeOptions } from './node.ts'
import { RENDEZVOUS } from './protocols.ts'
import { crowdllamaTransport, type CrowdllamaTransportOptions } from './transport.ts'

type CrowdllamaWatchOptions = Partial<Omit<MemberWatchOptions, 'quietUntilServing'>>

export interface CrowdllamaFleetOptions {
  /** Multiaddrs, each ending in `/p2p/<id>`, of nodes to join the network by: its DHT server, or any node. */
  readonly bootstrap: readonly string[]
  /** Metadata that its node has not renewed for so long counts for nothing, ms > 0. @default 3600000, as CrowdLlama has it */
  readonly maxMetadataAgeMs?: number
  readonly watch?: CrowdllamaWatchOptions
  readonly transport?: Omit<CrowdllamaTransportOptions, 'timers'>
  /** Of this router's own node, which only asks unless told otherwise. */
  readonly node?: Omit<CrowdllamaNodeOptions, 'bootstrap' | 'timers'>
}

/**
 * A look into the DHT and one at each worker this often; what nodes say of themselves changes every 30 s. Providers stay in the DHT for two
 * days after they left, and consumers are providers too: nodes that cannot be reached or serve nothing are asked ever more rarely.
 */
const WATCH_DEFAULTS = {
  discoveryIntervalMs: 10_000,
  probeIntervalMs: 10_000,
  likelyProbeIntervalMs: 5_000,
  longestIntervalMs: 60_000,
  jitterRatio: 0.2,
  timeoutMs: 5_000,
  forgetAfterMs: 600_000,
  maxPeers: 1_000
} as const satisfies CrowdllamaWatchOptions

const MAX_METADATA_AGE_MS = 3_600_000

/** The workers of a CrowdLlama network. */
export interface CrowdllamaFleet extends Fleet {
  /** This node's own. */
  readonly id: PeerId
  readonly watch: MemberWatch
}

function withoutModels(claims: Claims): Claims {
  return { ...claims, models: [] }
}

/**
 * Joins a CrowdLlama network as a consumer and looks for workers. What is seen of them goes to the selection's table: when they are
 * connected, the round trip of libp2p's own ping, and what they claim. Claims never make a reward; a worker that fails is kept from jobs by
 * the selection's health gate, and for no longer.
 * @throws ERR_INVALID_OPTION
 */
export async function crowdllamaFleet(
  { table, predictor }: Pick<Selection, 'table' | 'predictor'>,
  clock: Clock & Timers,
  options: CrowdllamaFleetOptions
): Promise<CrowdllamaFleet> {
  const { bootstrap, maxMetadataAgeMs = MAX_METADATA_AGE_MS } = options
  checkPositive('maxMetadataAgeMs', maxMetadataAgeMs)
  const node = await crowdllamaNode({ ...options.node, bootstrap, timers: clock })
  const freshness = new Freshness(clock, maxMetadataAgeMs)
  const watch = new Watch(
    {
      node,
      clock,
      rng: systemRng,
      observe: (peer, observation, atMs) => {
        table.observe(peer, observation, atMs)
      },
      isLikely: (peer) => predictor.isLikely(peer, clock.wall()),
      sources: [{ what: 'looking for CrowdLlama nodes', find: (signal) => findContentProviders(node, RENDEZVOUS, { signal }) }],
      async probe(peer, { signal, timeoutMs, tell }) {
        tell({ kind: 'ping', rttMs: await pingPeer(node, peer, { timeoutMs, clock, signal }) })
        const metadata = await requestMetadata(node, peer, { timeoutMs, timers: clock, signal })
        const claims = claimsOf(metadata)
        return freshness.isFresh(peer, metadata.updatedMs) ? claims : withoutModels(claims)
      }
    },
    { ...WATCH_DEFAULTS, ...options.watch, quietUntilServing: true }
  )
  watch.start()
  return {
    id: node.id,
    watch,
    transport: crowdllamaTransport(node, { ...options.transport, timers: clock }),
    has: (peer) => watch.has(peer),
    members: (model) => watch.members(model),
    models: () => watch.models(),
    onChange: (listener) => watch.onChange(listener),
    async stop() {
      await watch.stop()
      await node.stop()
    }
  }
}
