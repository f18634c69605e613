import type { MeasuredRow } from '../../throughput/measured-row.ts'
import { areEnoughRows } from '../enough-rows.ts'
import { cardOf } from './card.ts'
import type { Split } from './group-folds.ts'

/** A source, and what may be learned without it. */
export interface SourceSplit extends Split<MeasuredRow> {
  readonly source: string
}

/** Each is a fit. */
const MOST_SOURCES = 4

/**
 * Each source against the rows of others, without those of its cards: what is known of somebody who measures for the first time. A
 * source without which there is too little to learn from is not held back; of more than four the largest are.
 */
export function sourceSplits(rows: readonly MeasuredRow[]): SourceSplit[] {
  const sources = [...Map.groupBy(rows, ({ source }) => source)].sort(([, a], [, b]) => b.length - a.length)
  const splits = sources.map(([source, held]) => {
    const cards = new Set(held.map(({ query }) => cardOf(query)))
    return { source, held, training: rows.filter((row) => row.source !== source && !cards.has(cardOf(row.query))) }
  })
  return splits.filter(({ training }) => areEnoughRows(training)).slice(0, MOST_SOURCES)
}
