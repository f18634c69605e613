import { type Drawing, drawFigure } from '../../experiment/drawing.ts'
import { axisTitle, GRID, HALF } from '../../experiment/figure-style.ts'
import type { Markup } from '../../experiment/markup.ts'
import { COVERED } from '../../throughput/calibration.ts'
import { LEVELS } from '../../throughput/physics.ts'
import { widened } from '../evaluation/conformal.ts'
import { pitHistogram } from '../evaluation/metrics.ts'
import type { FamilyFigures, Point } from './judged-network.ts'

const EDGES = [0, ...LEVELS, 1]

function wholePercent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`
}

/** Shares of the measurements below, between and above the three quantiles, after calibration. @param points at least one */
export function calibratedPit(points: readonly Point[]): number[] {
  const rows = points.flatMap(({ measured, judged: { predicted, offset } }) =>
    predicted === undefined ? [] : [{ y: Math.log(measured), ...widened(predicted, offset) }]
  )
  const quantiles = [rows.map(({ q10 }) => q10), rows.map(({ q50 }) => q50), rows.map(({ q90 }) => q90)]
  return pitHistogram(
    rows.map(({ y }) => y),
    quantiles
  )
}

/** Shares over what they would be if the quantiles were right, as columns as wide as that. */
function columnsOf(pit: readonly number[]) {
  return pit.map((share, i) => {
    const [from, to] = [EDGES[i], EDGES[i + 1]]
    return { from, to, middle: (from + to) / 2, density: share / (to - from), share: wholePercent(share) }
  })
}

/** Where measurements lie among the predicted quantiles, before and after calibration: if those are right, all columns end at 1. */
export function pitFigure(drawing: Drawing, raw: readonly number[], calibrated: readonly number[]): Markup {
  const { plot } = drawing
  const [before, after] = [columnsOf(raw), columnsOf(calibrated)]
  return drawFigure(
    drawing,
    'Where measurements lie among predicted quantiles, over where they should, before and after calibration.',
    {
      width: HALF,
      height: 260,
      marginLeft: 44,
      marginBottom: 44,
      x: { domain: [0, 1] },
      y: { domain: [0, Math.max(1.25, ...[...before, ...after].map(({ density }) => 1.1 * density))] },
      marks: [
        plot.gridY({ ...GRID, ticks: 5 }),
        plot.axisX(EDGES, {
          ...axisTitle('predicted quantile, %'),
          tickFormat: (edge: number) => String(100 * edge),
          tickSize: 0
        }),
        plot.axisY({ label: null, ticks: 5, tickSize: 0 }),
        plot.rect(after, { x1: 'from', x2: 'to', y1: 0, y2: 'density', fill: 'var(--adaptive)', fillOpacity: 0.35, inset: 1 }),
        plot.rect(before, {
          x1: 'from',
          x2: 'to',
          y1: 0,
          y2: 'density',
          stroke: 'var(--static)',
          strokeWidth: 1.5,
          strokeDasharray: '4 3',
          inset: 1
        }),
        plot.ruleY([1], { stroke: 'var(--text)' }),
        plot.text(after, { x: 'middle', y: 0, dy: -8, text: 'share', fill: 'var(--text)' })
      ]
    }
  )
}

const FAMILY_ROW = 24

/** The share of measurements inside their 80 % interval, family by family. */
export function coverageFigure(drawing: Drawing, families: readonly FamilyFigures[]): Markup {
  const { plot } = drawing
  const dots = families.map(({ figures: { coverage, rows } }, row) => ({ row, coverage, text: `n = ${rows}` }))
  return drawFigure(drawing, 'Share of the measurements inside their interval of 80 %, by family of the GPU.', {
    width: HALF,
    height: FAMILY_ROW * families.length + 52,
    marginTop: 8,
    marginBottom: 44,
    marginLeft: 148,
    marginRight: 64,
    x: { domain: [0, 1] },
    y: { type: 'band', domain: families.map((_, row) => row), round: false },
    marks: [
      plot.gridX({ ...GRID, ticks: 5 }),
      plot.axisX({ ...axisTitle('inside the interval'), ticks: 5, tickFormat: wholePercent, tickSize: 0 }),
      plot.axisY({ label: null, tickSize: 0, tickFormat: (row: number) => families[row]?.family ?? '', fill: 'var(--text)' }),
      plot.ruleX([COVERED], { stroke: 'var(--text)', strokeDasharray: '4 3' }),
      plot.dot(dots, { x: 'coverage', y: 'row', r: 5, fill: 'var(--adaptive)' }),
      plot.text(dots, { frameAnchor: 'right', y: 'row', dx: 12, textAnchor: 'start', text: 'text', fill: 'var(--muted)' })
    ]
  })
}
