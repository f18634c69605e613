import { type Drawing, drawFigure } from '../../experiment/drawing.ts'
import { axisTitle, GRID, roundTicks, WIDE } from '../../experiment/figure-style.ts'
import type { Markup } from '../../experiment/markup.ts'

/** More points than the figure has pixels to tell apart. */
const MOST_POINTS = 400

interface Epoch {
  /** From 1. */
  readonly epoch: number
  readonly loss: number
}

/** Epochs that the figure shows: the first and the last, and evenly between. */
function epochsOf(history: readonly number[]): Epoch[] {
  const step = Math.ceil(history.length / MOST_POINTS)
  return history
    .map((loss, i) => ({ epoch: i + 1, loss }))
    .filter(({ epoch, loss }) => Number.isFinite(loss) && ((epoch - 1) % step === 0 || epoch === history.length))
}

/** The objective of every epoch: of the fits without a fold each, and of the fit to all rows. */
export function lossFigure(drawing: Drawing, history: readonly number[], foldHistories: readonly (readonly number[])[]): Markup {
  const { plot } = drawing
  const [last, ...folds] = [history, ...foldHistories].map(epochsOf)
  const losses = [last, ...folds].flat().map(({ loss }) => loss)
  const [least, most] = [Math.min(...losses) / 1.05, Math.max(...losses) * 1.05]
  const ticks = roundTicks(least, most)
  // Where training was short, or soon good, there are too few round numbers between its first loss and its last.
  const type = ticks.length < 3 ? 'linear' : 'log'
  const label = 'The objective by epoch, of the fits without a fold each and of the fit to all rows.'
  return drawFigure(drawing, label, {
    width: WIDE,
    height: 300,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 44,
    x: { domain: [1, Math.max(2, history.length)] },
    y: { type, domain: [least, most] },
    marks: [
      ...(type === 'log'
        ? [plot.gridY(ticks, GRID), plot.axisY(ticks, { label: null, text: String, tickSize: 0 })]
        : [plot.gridY({ ...GRID, ticks: 5 }), plot.axisY({ label: null, ticks: 5, tickSize: 0 })]),
      plot.axisX({ ...axisTitle('epoch'), ticks: 8, tickSize: 4 }),
      ...folds.map((epochs) => plot.line(epochs, { x: 'epoch', y: 'loss', stroke: 'var(--muted)', strokeOpacity: 0.5 })),
      plot.line(last, { x: 'epoch', y: 'loss', stroke: 'var(--adaptive)', strokeWidth: 2.25 })
    ]
  })
}
