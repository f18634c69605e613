import { type Drawing, drawFigure } from '../../experiment/drawing.ts'
import { axisTitle, GRID, HALF, roundTicks } from '../../experiment/figure-style.ts'
import { formatCount } from '../../experiment/format.ts'
import type { Markup } from '../../experiment/markup.ts'
import type { Target } from '../evaluation/model.ts'
import { makerOf } from './family.ts'
import type { Point } from './judged-network.ts'

/** What axes call a target. */
const UNITS: Readonly<Record<Target, string>> = { speed: 'tokens/s', firstToken: 's to the first token' }

/** More dots would be one blot, and a large page. */
const MOST_DOTS = 2_000
const HEADROOM = 1.2

function tick(value: number): string {
  return value >= 1 ? formatCount(value) : String(value)
}

/** Each measurement over its prediction, both axes logarithmic; on the diagonal are those that came true. */
export function scatterFigure(drawing: Drawing, points: readonly Point[], target: Target): Markup {
  const { plot } = drawing
  const values = points.flatMap(({ measured, predicted }) => [measured, predicted])
  const domain = [Math.min(...values) / HEADROOM, Math.max(...values) * HEADROOM] as const
  const ticks = roundTicks(...domain)
  const step = Math.ceil(points.length / MOST_DOTS)
  const dots = points.filter((_, i) => i % step === 0)
  const makers = Map.groupBy(dots, ({ judged }) => makerOf(judged.row.query).color)
  return drawFigure(drawing, `Predicted over measured ${UNITS[target]}, on logarithmic axes, coloured by the GPU's maker.`, {
    width: HALF,
    height: 400,
    marginLeft: 56,
    marginBottom: 44,
    x: { type: 'log', domain },
    y: { type: 'log', domain },
    marks: [
      plot.gridX(ticks, GRID),
      plot.gridY(ticks, GRID),
      plot.axisX(ticks, { ...axisTitle(`measured ${UNITS[target]}`), text: tick, tickSize: 0 }),
      plot.axisY(ticks, { ...axisTitle(`predicted ${UNITS[target]}`), text: tick, tickSize: 0 }),
      plot.line(
        [domain, domain].map(([low, high], i) => (i === 0 ? [low, low] : [high, high])),
        { stroke: 'var(--muted)' }
      ),
      ...[...makers].map(([fill, of]) => plot.dot(of, { x: 'measured', y: 'predicted', r: 3, fill, fillOpacity: 0.7 }))
    ]
  })
}
