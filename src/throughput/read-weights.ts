import { show } from '../core/check.ts'
import { MACHINE_WIDTH } from './features.ts'
import { float32FromText } from './float32-text.ts'
import { refuseModel } from './model-document.ts'
import type { NetworkWeights } from './network.ts'
import { CORRECTION_COUNT } from './physics.ts'

/** {@link NetworkWeights} in a file. */
export type NetworkText = { readonly hidden: number } & Readonly<Record<Exclude<keyof NetworkWeights, 'hidden'>, string>>

/** More are of no use for some thousand rows, and would make every prediction slow. */
const MOST_HIDDEN = 1_024

function readNumbers(name: string, text: unknown, length: number): Float32Array {
  const numbers = float32FromText(text)
  if (numbers === undefined) return refuseModel(`network.${name} must be base64 of numbers in single precision`)
  if (numbers.length !== length) refuseModel(`network.${name} must hold ${length} numbers, got ${numbers.length}`)
  const bad = numbers.findIndex((number) => !Number.isFinite(number))
  if (bad >= 0) refuseModel(`network.${name} must hold finite numbers, got ${numbers[bad]} at place ${bad + 1}`)
  return numbers
}

/** @throws ERR_MODEL naming the part and its defect */
export function readWeights(network: unknown): NetworkWeights {
  const { hidden, ...parts } = (network ?? {}) as Partial<NetworkText>
  if (hidden === undefined || !(Number.isInteger(hidden) && hidden >= 1 && hidden <= MOST_HIDDEN)) {
    return refuseModel(`network.hidden must be an integer from 1 to ${MOST_HIDDEN}, got ${show(hidden)}`)
  }
  return {
    hidden,
    w1: readNumbers('w1', parts.w1, MACHINE_WIDTH * hidden),
    b1: readNumbers('b1', parts.b1, hidden),
    w2: readNumbers('w2', parts.w2, hidden * CORRECTION_COUNT),
    b2: readNumbers('b2', parts.b2, CORRECTION_COUNT)
  }
}
