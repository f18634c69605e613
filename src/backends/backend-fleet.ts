import type { Clock, Timers } from '../core/clock.ts'
import { systemRng } from '../core/rng.ts'
import type { Fleet } from '../router/fleet.ts'
import type { Selection } from '../selector/selection.ts'
import type { Backend } from './backend.ts'
import { backendsByName, backendTransport } from './backend-transport.ts'
import { backendWatch, type BackendWatchOptions } from './backend-watch.ts'

export interface BackendFleetOptions {
  readonly watch?: BackendWatchOptions
  /** Takes the fleet's backends away from it: they may have jobs under way. @default they are closed at once */
  readonly retire?: (backends: readonly Backend[]) => void
}

/** Model servers as the peers of a router. */
export interface BackendFleet extends Fleet {
  /** Resolves when all of them were asked once: whoever is there is a member then. */
  asked(): Promise<void>
  /** Whether one serves the model, or did when it was last there. */
  wasServed(model: string): boolean
  /** From now on these; those that stay keep their connections and what is known of them. @throws ERR_INVALID_OPTION when two have one name */
  replace(backends: readonly Backend[]): void
}

/**
 * Watches model servers, and carries jobs to them; what is seen of them goes to the selection's table.
 * @throws ERR_INVALID_OPTION when two have one name
 */
export function backendFleet(
  { table }: Pick<Selection, 'table'>,
  clock: Clock & Timers,
  backends: readonly Backend[],
  { watch: options, retire = closeAll }: BackendFleetOptions = {}
): BackendFleet {
  let byName = backendsByName(backends)
  const observe = table.observe.bind(table)
  const watch = backendWatch({ clock, timers: clock, rng: systemRng, observe }, backends, options)
  watch.start()
  let transport = backendTransport(backends)
  return {
    transport: { infer: (peer, request, run) => transport.infer(peer, request, run) },
    has: (peer) => byName.has(peer),
    members: (model) => watch.members(model),
    models: () => watch.models(),
    asked: () => watch.asked(),
    wasServed: (model) => watch.wasServed(model),
    onChange: (listener) => watch.onChange(listener),
    replace(next) {
      const before = [...byName.values()]
      watch.replace(next)
      byName = backendsByName(next)
      transport = backendTransport(next)
      retire(before.filter((backend) => !next.includes(backend)))
    },
    async stop() {
      await watch.stop()
      closeAll([...byName.values()])
    }
  }
}

function closeAll(backends: readonly Backend[]): void {
  for (const backend of backends) void backend.close()
}
