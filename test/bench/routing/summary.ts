import { type PairedOutcome, type PairedRatio } from '../../../src/simulation/paired-ratio.ts'
import { type BenchResults, type Comparison, FIGURES, type ScenarioResult } from './results.ts'

type Figure = (typeof FIGURES)[number]

export type Tally = Readonly<Record<PairedOutcome, number>>

/** How often each outcome came. */
export function tallyOf(ratios: readonly PairedRatio[]): Tally {
  const count = (wanted: PairedOutcome) => ratios.filter(({ outcome }) => outcome === wanted).length
  return { win: count('win'), tie: count('tie'), loss: count('loss') }
}

/** One rival in every scenario, in the order of the scenarios. */
export interface MatrixRow {
  readonly rival: string
  readonly cells: readonly Comparison[]
}

/** Rivals in the order of the plan. */
export function matrixOf({ plan, scenarios }: BenchResults): readonly MatrixRow[] {
  return plan.policies.flatMap(({ id }) => {
    const cells = scenarios.flatMap(({ comparisons }) => comparisons.filter(({ rival }) => rival === id))
    return cells.length === 0 ? [] : [{ rival: id, cells }]
  })
}

/** The rival with the least mean of a figure, and ours over it. */
export interface BestRival {
  readonly rival: string
  readonly ours: PairedRatio
}

export function bestRivalOf({ policies, comparisons }: ScenarioResult, figure: Figure): BestRival | undefined {
  const valueOf = ({ rival }: Comparison) => {
    const result = policies.find(({ policy }) => policy === rival)
    return (figure === 'mean' ? result?.meanMs.mean : result?.p99Ms.mean) ?? Infinity
  }
  const best = comparisons.toSorted((a, b) => valueOf(a) - valueOf(b)).at(0)
  return best === undefined ? undefined : { rival: best.rival, ours: best[figure] }
}

/** Why a rival is ahead, told by a person. */
export interface RoutingNote {
  readonly scenario: string
  /** "*" for all that have no note of their own. */
  readonly rival: string
  readonly why: string
}

/** A rival that is ahead by more than 5 %. */
export interface Shortfall {
  readonly scenario: string
  readonly rival: string
  readonly figure: Figure
  readonly ours: PairedRatio
  /** Null while nobody has told. */
  readonly why: string | null
}

const TOLD_FROM_RATIO = 1.05

/** Every case in which a rival is ahead by more than 5 %, clear or not. */
export function shortfallsOf({ scenarios }: BenchResults, notes: readonly RoutingNote[]): readonly Shortfall[] {
  const told = (scenario: string, rival: string) => notes.find((note) => note.scenario === scenario && note.rival === rival)?.why
  const whyOf = (scenario: string, rival: string) => told(scenario, rival) ?? told(scenario, '*') ?? null
  return scenarios.flatMap(({ name, comparisons }) =>
    comparisons.flatMap((comparison) =>
      FIGURES.filter((figure) => comparison[figure].ratio > TOLD_FROM_RATIO).map((figure) => ({
        scenario: name,
        rival: comparison.rival,
        figure,
        ours: comparison[figure],
        why: whyOf(name, comparison.rival)
      }))
    )
  )
}
