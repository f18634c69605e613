import { type Drawing, drawFigure } from '../../experiment/drawing.ts'
import { axisTitle, GRID, WIDE } from '../../experiment/figure-style.ts'
import { formatCount, formatNumber } from '../../experiment/format.ts'
import type { Markup } from '../../experiment/markup.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import type { ModelFigures } from '../evaluation/cross-validate.ts'
import type { Target } from '../evaluation/model.ts'

interface Bar {
  readonly name: string
  readonly value: number
  /** What stands beside the bar. */
  readonly text: string
}

interface BarsFigure {
  /** What a reader who cannot see it is told. */
  readonly label: string
  readonly axis: string
  readonly bars: readonly Bar[]
}

const ROW = 26

function barsFigure(drawing: Drawing, { label, axis, bars }: BarsFigure): Markup {
  const { plot } = drawing
  return drawFigure(drawing, label, {
    width: WIDE,
    height: ROW * bars.length + 52,
    marginTop: 8,
    marginBottom: 44,
    marginLeft: 220,
    marginRight: 72,
    x: { zero: true },
    y: { type: 'band', domain: bars.map(({ name }) => name), padding: 0.25, round: false },
    marks: [
      plot.gridX({ ...GRID, ticks: 5 }),
      plot.axisX({ ...axisTitle(axis), ticks: 5, tickSize: 0 }),
      plot.axisY({ label: null, tickSize: 0, fill: 'var(--text)' }),
      plot.barX(bars, { x: 'value', y: 'name', fill: 'var(--adaptive)', fillOpacity: 0.75 }),
      plot.text(bars, { x: 'value', y: 'name', dx: 6, textAnchor: 'start', text: 'text', fill: 'var(--text)' })
    ]
  })
}

/** How many rows there are of each kind, the most first. */
export function countsOf(rows: readonly MeasuredRow[], kindOf: (row: MeasuredRow) => string): Bar[] {
  return [...Map.groupBy(rows, kindOf)]
    .map(([name, { length }]) => ({ name, value: length, text: formatCount(length) }))
    .sort((a, b) => b.value - a.value)
}

/** Counts of rows in the order that they come in. @param kinds what is counted, e.g. "rows by source" */
export function countsFigure(drawing: Drawing, counts: readonly Bar[], kinds: string): Markup {
  return barsFigure(drawing, { label: `How many ${kinds}, as bars.`, axis: kinds, bars: counts })
}

/** The pinball losses of models, in their order; of those that say something. */
export function lossesFigure(drawing: Drawing, models: readonly ModelFigures[], target: Target): Markup {
  const bars = models.flatMap(({ name, targets }) => {
    const value = targets[target].at(0)?.pooled?.logPinball
    return value === undefined ? [] : [{ name, value, text: formatNumber(value) }]
  })
  return barsFigure(drawing, { label: 'Pinball losses of models, as bars: less is better.', axis: 'pinball loss (ln)', bars })
}
