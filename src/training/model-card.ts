import type { MeasuredRow } from '../throughput/measured-row.ts'
import type { DataFile } from './dataset/data-files.ts'
import { cardOf } from './evaluation/card.ts'
import type { DivisionFigures, ModelFigures } from './evaluation/cross-validate.ts'
import type { Figures } from './evaluation/figures.ts'
import { type Target, TARGETS } from './evaluation/model.ts'

/** When and from what a model is made. */
export interface FitOrigin {
  /** ISO 8601. */
  readonly created: string
  /** Files, with how many rows each has. */
  readonly data: readonly (DataFile & { readonly rows: number })[]
  /** Share of the latest rows of each source that the model has not learned from, 0–1. */
  readonly heldBack: number
}

/** What a fit says of its model: when, how and from what it was made, and how good it is beside the baselines. */
export type FitCard = Pick<FitOrigin, keyof FitOrigin> & {
  /** Rows of each source. */
  readonly sources: Readonly<Record<string, number>>
  readonly trainedRows: number
  readonly trainedCards: number
  readonly settings: FitSettings
  /** By model and target, on cards held back. */
  readonly heldOutCards: Readonly<Record<string, Readonly<Record<Target, unknown>>>>
  readonly limits: readonly string[]
}

/** What repeats a fit. */
export type FitSettings = Readonly<Record<string, string | number | boolean | undefined>>

/** What no model of this kind can do. */
const LIMITS = [
  'Intervals of queries that say the operating system, and no engine but llamafile, cover 80 % of cards that were held back from the source that judges.',
  'All other intervals are widened by what covers 80 % of sources that were held back, as a mean over a few: of a single new one they may cover far less, or nearly all.',
  'One fold is calibrated by the predictions of the other folds, whose models have seen it: the coverage of the table may be flattered a little.',
  'Engines under load were measured on few accelerators: of others, expect errors of a third to half of the speed.',
  'Nothing is known of power limits, heat, drivers, other programs on the machine, or speculative decoding.',
  'What a peer claims is no input: the online head of a deployment learns how far claims are borne out.'
]

const SHOWN = ['rows', 'answered', 'medianApe', 'p90Ape', 'wape', 'logMae', 'logPinball', 'rawCoverage', 'coverage'] as const

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function shown(figures: Figures): Readonly<Record<string, number>> {
  return Object.fromEntries(SHOWN.map((name) => [name, rounded(figures[name])]))
}

function pooledOf(divisions: readonly DivisionFigures[]): Readonly<Record<string, number>> | null {
  const pooled = divisions.at(0)?.pooled
  return pooled === undefined ? null : shown(pooled)
}

function metricsOf({ targets }: ModelFigures): Readonly<Record<Target, unknown>> {
  return Object.fromEntries(TARGETS.map((target) => [target, pooledOf(targets[target])])) as Record<Target, unknown>
}

/** The card of a model that was fitted to these rows. @param made its origin, and the settings that repeat the fit */
export function cardOfFit(
  rows: readonly MeasuredRow[],
  figures: readonly ModelFigures[],
  { origin, settings }: { readonly origin: FitOrigin; readonly settings: FitSettings }
): FitCard {
  const sources = [...Map.groupBy(rows, ({ source }) => source)].map(([source, own]) => [source, own.length] as const)
  return {
    ...origin,
    sources: Object.fromEntries(sources),
    trainedRows: rows.length,
    trainedCards: new Set(rows.map(({ query }) => cardOf(query))).size,
    settings,
    heldOutCards: Object.fromEntries(figures.map((each) => [each.name, metricsOf(each)])),
    limits: LIMITS
  }
}
