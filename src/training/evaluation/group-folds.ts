import { checkInteger, checkRatio } from '../../core/check.ts'
import type { Rng } from '../../core/rng.ts'
import { PeerbanditError } from '../../core/errors.ts'

export interface GroupFoldsOptions {
  /** How many, ≥ 2. @default 5 */
  readonly folds?: number
  readonly rng: Rng
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], rng: Rng): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(rng.next() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}

/**
 * The fold of each group, 0 to folds − 1: groups are dealt out in random order, so that folds have the same number of groups, within one.
 * @throws ERR_INVALID_OPTION for fewer groups than folds
 */
export function groupFolds(groups: Iterable<string>, { folds = 5, rng }: GroupFoldsOptions): ReadonlyMap<string, number> {
  checkInteger('folds', folds, { min: 2 })
  const distinct = [...new Set(groups)].sort()
  if (distinct.length < folds) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `folds must be at most the number of groups, ${distinct.length}, got ${folds}`
    )
  }
  return new Map(shuffled(distinct, rng).map((group, i) => [group, i % folds]))
}

/** Rows that a model learns from, and rows that it is judged by. */
export interface Split<T> {
  readonly training: readonly T[]
  readonly held: readonly T[]
}

/**
 * The latest rows are held back.
 * @param rows in order of time, as the export of a journal has them
 * @param share that is held back, 0–1. @default 0.2
 */
export function splitByTime<T>(rows: readonly T[], share = 0.2): Split<T> {
  const cut = rows.length - Math.round(rows.length * checkRatio('share', share))
  return { training: rows.slice(0, cut), held: rows.slice(cut) }
}
