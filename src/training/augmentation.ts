import type { Rng } from '../core/rng.ts'
import { normal } from '../math/draw.ts'
import {
  MACHINE_FEATURES,
  MACHINE_WIDTH,
  type MachineFeature,
  PHYSICS_FEATURES,
  PHYSICS_WIDTH,
  type PhysicsFeature,
  encodeMachine,
  encodePhysics
} from '../throughput/features.ts'
import { loadOf } from '../throughput/load.ts'
import { machineOf } from '../throughput/machine.ts'
import type { EncodedRows } from './encoded-rows.ts'

/** What one epoch sees of the rows: blurred, and with some of what is known hidden. */
export interface AugmentedRows {
  readonly machines: Float32Array
  readonly physics: Float32Array
}

export interface Augmentation {
  /** Standard deviation of the noise on every figure of a machine and on the logarithms of sizes and speeds, ≥ 0. */
  readonly noise: number
  /** Whether some of what is known is hidden. */
  readonly hiding: boolean
}

interface Hidden {
  readonly machine: Int32Array
  readonly physics: Int32Array
}

function hidden(machine: readonly MachineFeature[], physics: readonly PhysicsFeature[] = []): Hidden {
  return {
    machine: Int32Array.from(machine, (name) => MACHINE_FEATURES.indexOf(name)),
    physics: Int32Array.from(physics, (name) => PHYSICS_FEATURES.indexOf(name))
  }
}

/** Columns that are unknown together. */
const BANDWIDTH = hidden(['bandwidthUnknown'], ['logBandwidth'])
const TFLOPS = hidden(['logTflops', 'tflopsUnknown'], ['logTflops'])
const YEAR = hidden(['year', 'yearUnknown'])
const CHIP = hidden(['tensorCores', 'laptop'])
const VENDOR = hidden(['apple', 'amd', 'intel', 'unified'])
const VRAM = hidden(['logVram', 'vramUnknown'], ['overflow'])
const WINDOWS = hidden(['windows', 'windowsUnknown'])
const LLAMAFILE = hidden(['llamafile'])

/** How often one thing is hidden that may be unknown of an otherwise known machine. */
const SINGLY: readonly (readonly [Hidden, number])[] = [
  [BANDWIDTH, 0.15],
  [TFLOPS, 0.15],
  [YEAR, 0.1],
  [VRAM, 0.075],
  [CHIP, 0.05],
  [VENDOR, 0.025],
  // No protocol tells it, so most predictions are made without.
  [WINDOWS, 0.25],
  // Many call it llama.cpp, or do not say.
  [LLAMAFILE, 0.25]
]

/** How often the whole GPU is hidden, and then how often its vendor, too. */
const UNKNOWN_GPU = 0.25
const OF_UNKNOWN_VENDOR = 0.5
const WHOLE_GPU = [BANDWIDTH, TFLOPS, YEAR, CHIP]

/** How often the model, or only its quantisation, is hidden. */
const UNKNOWN_MODEL = 0.05
const UNKNOWN_BITS = 0.1

const SIZE_ASSUMED = MACHINE_FEATURES.indexOf('sizeAssumed')
const BITS_ASSUMED = MACHINE_FEATURES.indexOf('bitsAssumed')

/** Physical columns that are measured or looked up, and so may be off. Counts are exact. */
const NOISY = hidden([], ['logBandwidth', 'logActiveBytes', 'logBytes', 'logActiveParams', 'logTflops']).physics

/** A row of which nothing is known: what is hidden looks as it would look there. */
function unknownRow(): AugmentedRows {
  const row = { machines: new Float32Array(MACHINE_WIDTH), physics: new Float32Array(PHYSICS_WIDTH) }
  encodeMachine(machineOf({}), loadOf({}), row.machines)
  encodePhysics(machineOf({}), loadOf({}), row.physics)
  return row
}

export class Augmenter {
  readonly #rows: EncodedRows
  readonly #rng: Rng
  readonly #options: Augmentation
  readonly #unknown = unknownRow()
  readonly #result: AugmentedRows

  constructor(rows: EncodedRows, options: Augmentation, rng: Rng) {
    this.#rows = rows
    this.#options = options
    this.#rng = rng
    this.#result = { machines: new Float32Array(rows.machines.length), physics: new Float32Array(rows.physics.length) }
  }

  /** Draws anew. The arrays are the same every time: use them before the next call. */
  next(): AugmentedRows {
    this.#result.machines.set(this.#rows.machines)
    this.#result.physics.set(this.#rows.physics)
    for (let row = 0; row < this.#rows.count; row++) {
      // The model first, since its sizes are then blurred; the machine last, since what is unknown is not.
      if (this.#options.hiding) this.#hideModel(row)
      if (this.#options.noise > 0) this.#blur(row)
      if (this.#options.hiding) this.#hideMachine(row)
    }
    return this.#result
  }

  #chance(probability: number): boolean {
    return this.#rng.next() < probability
  }

  #hideModel(row: number): void {
    const { physicsWithoutBits, physicsWithoutModel } = this.#rows
    const model = this.#chance(UNKNOWN_MODEL)
    if (!this.#chance(UNKNOWN_BITS) && !model) return
    const from = model ? physicsWithoutModel : physicsWithoutBits
    this.#result.physics.set(from.subarray(row * PHYSICS_WIDTH, (row + 1) * PHYSICS_WIDTH), row * PHYSICS_WIDTH)
    this.#result.machines[row * MACHINE_WIDTH + BITS_ASSUMED] = 1
    if (model) this.#result.machines[row * MACHINE_WIDTH + SIZE_ASSUMED] = 1
  }

  #blur(row: number): void {
    const { machines, physics } = this.#result
    const { noise } = this.#options
    for (let i = row * MACHINE_WIDTH; i < (row + 1) * MACHINE_WIDTH; i++) machines[i] += noise * normal(this.#rng)
    for (const column of NOISY) physics[row * PHYSICS_WIDTH + column] += noise * normal(this.#rng)
  }

  #hideMachine(row: number): void {
    for (const [what, probability] of SINGLY) if (this.#chance(probability)) this.#hide(row, what)
    if (!this.#chance(UNKNOWN_GPU)) return
    for (const what of WHOLE_GPU) this.#hide(row, what)
    if (this.#chance(OF_UNKNOWN_VENDOR)) this.#hide(row, VENDOR)
  }

  #hide(row: number, { machine, physics }: Hidden): void {
    for (const column of machine) this.#result.machines[row * MACHINE_WIDTH + column] = this.#unknown.machines[column]
    for (const column of physics) this.#result.physics[row * PHYSICS_WIDTH + column] = this.#unknown.physics[column]
  }
}
