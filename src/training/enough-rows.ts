import { PeerbanditError } from '../core/errors.ts'
import type { MeasuredRow } from '../throughput/measured-row.ts'
import { cardOf } from './evaluation/card.ts'

/** Fewer tell the network nothing that the physics does not know, and cannot calibrate intervals. */
const LEAST_ROWS = 60
/** Cards are dealt into five folds. */
const LEAST_CARDS = 5

function shortOf(count: number, least: number, what: string): string[] {
  return count >= least ? [] : [`${least - count} more ${what}`]
}

/** What is missing, in words. */
function missingOf(rows: readonly MeasuredRow[]): { readonly got: string; readonly missing: readonly string[] } {
  const measured = rows.filter(({ tokensPerSecond }) => tokensPerSecond !== undefined)
  const cards = new Set(measured.map(({ query }) => cardOf(query))).size
  const missing = [...shortOf(measured.length, LEAST_ROWS, 'rows'), ...shortOf(cards, LEAST_CARDS, 'GPUs')]
  return { got: `${measured.length} of ${cards}`, missing }
}

export function areEnoughRows(rows: readonly MeasuredRow[]): boolean {
  return missingOf(rows).missing.length === 0
}

/** @param rows those that calibrate, too @throws ERR_DATASET saying how many are missing */
export function checkEnoughRows(rows: readonly MeasuredRow[]): void {
  const { got, missing } = missingOf(rows)
  if (missing.length === 0) return
  const needed = `training needs at least ${LEAST_ROWS} rows with tokens_per_second, of at least ${LEAST_CARDS} GPUs`
  throw new PeerbanditError('ERR_DATASET', `${needed}; got ${got}: ${missing.join(' and ')} needed`)
}
