import { type Drawing, drawFigure } from '../../experiment/drawing.ts'
import { axisTitle, GRID, roundTicks, WIDE } from '../../experiment/figure-style.ts'
import type { Markup } from '../../experiment/markup.ts'
import { quantileOfSorted, sortedCopy } from '../../math/quantile.ts'
import type { Judged } from '../evaluation/figures.ts'
import type { Target } from '../evaluation/model.ts'
import { familyOf } from './family.ts'
import { pointsOf } from './judged-network.ts'

/** Measured over predicted, of one family: deciles 1 and 9, quartiles, median. */
interface Residuals {
  readonly family: string
  readonly rows: number
  readonly q10: number
  readonly q25: number
  readonly q50: number
  readonly q75: number
  readonly q90: number
}

/** Of fewer rows there are no deciles. */
const LEAST_ROWS = 10

/** Measured over predicted by family of the GPU, the slowest of its prediction first; families of fewer than ten rows are left out. */
export function residualsOf(judged: readonly Judged[], target: Target): Residuals[] {
  return [...Map.groupBy(pointsOf(judged, target), (point) => familyOf(point.judged.row.query))]
    .filter(([, points]) => points.length >= LEAST_ROWS)
    .map(([family, points]) => {
      const ratios = sortedCopy(points.map(({ measured, predicted }) => measured / predicted))
      const [q10, q25, q50, q75, q90] = [0.1, 0.25, 0.5, 0.75, 0.9].map((q) => quantileOfSorted(ratios, q))
      return { family, rows: points.length, q10, q25, q50, q75, q90 }
    })
    .sort((a, b) => a.q50 - b.q50)
}

const ROW = 26

/** How far measurements are from predictions, family by family: lines from decile 1 to 9, bars between the quartiles, dots at the median. */
export function residualsFigure(drawing: Drawing, residuals: readonly Residuals[]): Markup {
  const { plot } = drawing
  const ends = residuals.flatMap(({ q10, q90 }) => [q10, q90])
  const domain = [Math.min(0.5, ...ends) / 1.1, Math.max(2, ...ends) * 1.1] as const
  const ticks = roundTicks(...domain)
  const texts = residuals.map(({ family, rows }) => ({ family, rows: `n = ${rows}` }))
  return drawFigure(
    drawing,
    'Measured over predicted, by family of the GPU: deciles, quartiles and medians, on a logarithmic axis.',
    {
      width: WIDE,
      height: ROW * residuals.length + 52,
      marginTop: 8,
      marginBottom: 44,
      marginLeft: 160,
      marginRight: 72,
      x: { type: 'log', domain },
      y: { type: 'band', domain: residuals.map(({ family }) => family), round: false },
      marks: [
        plot.gridX(ticks, GRID),
        plot.axisX(ticks, { ...axisTitle('measured over predicted'), text: (ratio: number) => `×${ratio}`, tickSize: 0 }),
        plot.axisY({ label: null, tickSize: 0, fill: 'var(--text)' }),
        plot.ruleX([1], { stroke: 'var(--text)', strokeDasharray: '4 3' }),
        plot.link(residuals, { x1: 'q10', x2: 'q90', y: 'family', stroke: 'var(--muted)', strokeWidth: 1.5 }),
        plot.link(residuals, {
          x1: 'q25',
          x2: 'q75',
          y: 'family',
          stroke: 'var(--adaptive)',
          strokeOpacity: 0.5,
          strokeWidth: 10
        }),
        plot.dot(residuals, { x: 'q50', y: 'family', r: 4.5, fill: 'var(--adaptive)' }),
        plot.text(texts, { frameAnchor: 'right', y: 'family', dx: 12, textAnchor: 'start', text: 'rows', fill: 'var(--muted)' })
      ]
    }
  )
}
