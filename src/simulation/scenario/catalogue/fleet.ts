import { readFileSync } from 'node:fs'
import type { FleetParameters, MeasuredFleet } from '../../workload/fit-fleet.ts'
import { quantileAt } from '../../workload/workload-parameters.ts'
import type { PeerGroup } from '../scenario.ts'

function parametersOf(file: string): unknown {
  const url = new URL(`../../../../data/fleet/${file}`, import.meta.url)
  return (JSON.parse(readFileSync(url, 'utf8')) as { readonly parameters: unknown }).parameters
}

/** Fitted to recorded fleets, links and sessions; see data/README.md. */
export const FLEET = parametersOf('p2p.json') as FleetParameters

/** Machines as they were measured; see data/README.md. */
export const MEASURED_FLEET = parametersOf('measured.json') as MeasuredFleet

/** How many a fleet has. */
export const PEERS = 40

/**
 * The middle of a part of the distribution: every part has one peer. Steps that have no divisor in common with the number of peers
 * join the distributions without any order between them.
 */
export function part(peer: number, step: number): number {
  return (((peer * step) % PEERS) + 0.5) / PEERS
}

/** Of every part of the recorded links one peer has it. */
export function roundTripOf(peer: number): PeerGroup['rttMs'] {
  const { medianMs, lowRatio } = FLEET.roundTrip
  const median = quantileAt(medianMs, part(peer, 7))
  return { min: median * lowRatio, max: median * (2 - lowRatio) }
}
