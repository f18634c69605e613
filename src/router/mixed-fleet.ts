import { PeerbanditError } from '../core/errors.ts'
import type { Fleet } from './fleet.ts'
import type { Transport } from './transport.ts'

/** Several fleets as one. A peer belongs to the first that has it. */
export function mixedFleet(fleets: readonly Fleet[]): Fleet {
  const transport: Transport = {
    infer(peer, request, options) {
      const fleet = fleets.find((each) => each.has(peer))
      if (fleet === undefined) throw new PeerbanditError('ERR_UNKNOWN_PEER', `${peer} is a peer of no fleet`)
      return fleet.transport.infer(peer, request, options)
    }
  }
  return {
    transport,
    has: (peer) => fleets.some((fleet) => fleet.has(peer)),
    members: (model) =>
      fleets.length === 1 ? fleets[0].members(model) : [...new Set(fleets.flatMap((fleet) => fleet.members(model)))],
    models: () => [...new Set(fleets.flatMap((fleet) => fleet.models()))],
    onChange(listener) {
      const ends = fleets.map((fleet) => fleet.onChange(listener))
      return () => {
        for (const end of ends) end()
      }
    },
    async stop() {
      await Promise.all(fleets.map((fleet) => fleet.stop()))
    }
  }
}
