import { pcg32 } from '../../core/rng.ts'
import { cardOf } from '../evaluation/card.ts'
import { type Figures, figuresOf, type Judged } from '../evaluation/figures.ts'
import { logTarget, type Target } from '../evaluation/model.ts'
import { familyOf } from './family.ts'

/** A measurement beside the median that was predicted of it by a fit that has not seen its card: tokens/s, or seconds. */
export interface Point {
  readonly judged: Judged
  readonly measured: number
  readonly predicted: number
}

export function pointsOf(judged: readonly Judged[], target: Target): Point[] {
  return judged.flatMap((each) => {
    const log = logTarget(each.row, target)
    if (log === undefined || each.predicted === undefined) return []
    return [{ judged: each, measured: Math.exp(log), predicted: Math.exp(each.predicted.q50) }]
  })
}

/** How well the GPUs of one family are predicted. */
export interface FamilyFigures {
  readonly family: string
  readonly cards: number
  readonly figures: Figures
}

/** Of fewer rows a coverage says nothing. */
const LEAST_ROWS = 10
const OTHERS = 'others'

/** Family by family, the largest first; those of few rows are one, which comes last. */
export function byFamily(judged: readonly Judged[], target: Target): FamilyFigures[] {
  const measured = judged.filter(({ row }) => logTarget(row, target) !== undefined)
  const sizes = Map.groupBy(measured, ({ row }) => familyOf(row.query))
  const groups = Map.groupBy(measured, ({ row }) => {
    const family = familyOf(row.query)
    return (sizes.get(family)?.length ?? 0) < LEAST_ROWS ? OTHERS : family
  })
  return [...groups]
    .flatMap(([family, of]) => {
      const figures = figuresOf(of, target, pcg32(1))
      return figures === undefined ? [] : [{ family, cards: new Set(of.map(({ row }) => cardOf(row.query))).size, figures }]
    })
    .sort((a, b) => Number(a.family === OTHERS) - Number(b.family === OTHERS) || b.figures.rows - a.figures.rows)
}
