import { boundedMemo, type Memo } from '../catalogue/bounded-memo.ts'
import { encodeMachine, MACHINE_WIDTH } from './features.ts'
import { machineFactors, type MachineFactors } from './factors.ts'
import type { Load } from './load.ts'
import { type Machine, machineOf } from './machine.ts'
import type { ModelContent } from './model-document.ts'
import { networkOutputs, runNetwork } from './network.ts'
import type { ThroughputQuery } from './query.ts'

/** What the network says of a machine. */
export interface MachineOutputs {
  /** The hidden units: what an online head learns from. */
  readonly hidden: Float32Array
  readonly factors: MachineFactors
}

/** Which of a model's sizes are assumed: the network hears of it. */
export type Assumed = Pick<Load, 'sizeAssumed' | 'bitsAssumed'>

/** A machine and what was computed of it. To be kept for a peer as long as what is known of its machine stays the same. */
export class KnownMachine {
  readonly machine: Machine
  /** Whether GPUs of its name were in the training data. */
  readonly knownGpu: boolean
  readonly #model: ModelContent
  /** By what of the model's size is assumed. */
  readonly #outputs: (MachineOutputs | undefined)[] = [undefined, undefined, undefined, undefined]

  constructor(machine: Machine, model: ModelContent, knownGpu: boolean) {
    this.machine = machine
    this.knownGpu = knownGpu
    this.#model = model
  }

  outputs(assumed: Assumed): MachineOutputs {
    const place = (assumed.sizeAssumed ? 1 : 0) + (assumed.bitsAssumed ? 2 : 0)
    return (this.#outputs[place] ??= outputsOf(this.machine, assumed, this.#model))
  }
}

function outputsOf(machine: Machine, assumed: Assumed, { weights, calibration, gpuEffects }: ModelContent): MachineOutputs {
  const features = new Float32Array(MACHINE_WIDTH)
  encodeMachine(machine, assumed, features)
  const { hidden, corrections } = networkOutputs(1, weights.hidden)
  runNetwork(weights, features, 1, { hidden, corrections })
  const name = machine.gpu?.name ?? ''
  const offsets = machine.familiar ? calibration.familiar : calibration.unfamiliar
  const effect = Object.hasOwn(gpuEffects, name) ? gpuEffects[name] : undefined
  return { hidden, factors: machineFactors(machine, corrections, offsets, effect) }
}

/** Machines by what queries say of them; peers can make up machines without end, so that only so many are remembered. */
export class MachineCache {
  readonly #memo: Memo<KnownMachine>
  readonly #model: ModelContent
  readonly #known: ReadonlySet<string>

  /** @param limit ≥ 1 */
  constructor(model: ModelContent, limit: number) {
    this.#model = model
    this.#known = new Set(model.knownGpus)
    this.#memo = boundedMemo(limit)
  }

  of(query: ThroughputQuery): KnownMachine {
    const { gpu, vramGb, gpuCount, windows, server, llamafile } = query
    return this.#memo(`${vramGb}|${gpuCount}|${windows}|${server}|${llamafile}|${gpu}`, () => {
      const machine = machineOf(query)
      return new KnownMachine(machine, this.#model, machine.gpu !== undefined && this.#known.has(machine.gpu.name))
    })
  }
}
