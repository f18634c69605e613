import type { Clock, Timers } from '../core/clock.ts'
import type { PeerId } from '../job/decision.ts'
import type { Journal } from '../journal/journal.ts'
import { createNode, isPeerId } from '../network/node.ts'
import { libp2pTransport } from '../network/inference-protocol.ts'
import { peerWatch, type PeerWatch, type PeerWatchOptions } from '../network/peer-watch.ts'
import type { Selection } from '../selector/selection.ts'
import type { Fleet } from '../router/fleet.ts'
import { openRouter, type Router, type RouterOptions } from '../router/router.ts'

export interface NetworkOptions {
  /** Addresses to join the network by. */
  readonly bootstrap: readonly string[]
  /** Models whose workers to look for. */
  readonly models: readonly string[]
  readonly watch?: Omit<PeerWatchOptions, 'models'>
}

/** The peers of a libp2p network. */
export interface NetworkFleet extends Fleet {
  /** This node's own. */
  readonly id: PeerId
  readonly watch: PeerWatch
}

/** Joins a network and looks for workers; what is seen of them goes to the selection's table. @throws ERR_INVALID_OPTION */
export async function networkFleet(
  { table, predictor }: Selection,
  clock: Clock & Timers,
  { bootstrap, models, watch: options }: NetworkOptions
): Promise<NetworkFleet> {
  const node = await createNode({ role: 'client', bootstrap, timers: clock })
  const watch = peerWatch(
    {
      node,
      clock,
      observe: (peer, observation, atMs) => {
        table.observe(peer, observation, atMs)
      },
      isLikely: (peer) => predictor.isLikely(peer, clock.wall())
    },
    { ...options, models }
  )
  watch.start()
  return {
    id: node.id,
    watch,
    transport: libp2pTransport(node, { timers: clock }),
    // Backends have names; every peer id is for the network to find.
    has: isPeerId,
    members: (model) => watch.members(model),
    models: () => models.filter((model) => watch.members(model).length > 0),
    onChange: (listener) => watch.onChange(listener),
    async stop() {
      await watch.stop()
      await node.stop()
    }
  }
}

export interface RouterNodeComponents {
  readonly clock: Clock & Timers
  /** As of a router. */
  readonly journal: Journal
  readonly announce?: (line: string) => void
}

export type RouterNodeOptions = RouterOptions & NetworkOptions

/** A router of a libp2p network. */
export interface RouterNode extends Router<NetworkFleet> {
  readonly id: PeerId
  readonly watch: PeerWatch
}

/** @throws ERR_INVALID_OPTION, ERR_SNAPSHOT, ERR_JOURNAL_CORRUPT */
export async function startRouter(components: RouterNodeComponents, options: RouterNodeOptions): Promise<RouterNode> {
  const fleet = (selection: Selection) => networkFleet(selection, components.clock, options)
  const router = await openRouter({ ...components, fleet }, options)
  const { id, watch } = router.fleet
  return { ...router, id, watch }
}
