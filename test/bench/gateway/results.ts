import { availableParallelism, cpus, totalmem } from 'node:os'
import { type Figures, figuresOf } from './figures.ts'
import type { Plan, Round } from './measure.ts'
import type { Memory } from './memory.ts'

/** All that was seen of one contestant. */
export interface Seen {
  readonly name: string
  readonly version: string
  readonly setup: string
  /** Of a gateway: from its start to its first answer. */
  readonly startMs?: number
  readonly rounds: readonly Round[]
  readonly memory?: Memory
}

export interface Machine {
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly cpus: number
  readonly memoryGb: number
}

export interface Results {
  readonly title: string
  readonly machine: Machine
  readonly plan: Plan
  readonly contestants: readonly (Seen & { readonly figures: Figures })[]
  readonly unavailable: readonly Unavailable[]
}

/** A gateway that could not take part, and why. */
export interface Unavailable {
  readonly name: string
  readonly reason: string
}

export function thisMachine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9)
  }
}

/** @param seen going direct first */
export function resultsOf(plan: Plan, seen: readonly Seen[], unavailable: readonly Unavailable[]): Results {
  const direct = seen[0].rounds
  return {
    title: 'Gateways beside going direct, in one run on one machine',
    machine: thisMachine(),
    plan,
    contestants: seen.map((each) => ({ ...each, figures: figuresOf(each.rounds, direct) })),
    unavailable
  }
}
