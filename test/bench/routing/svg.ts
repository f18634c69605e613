import type * as Plot from '@observablehq/plot'
import type { Drawing } from '../../../src/experiment/drawing.ts'

const SURFACE = '#ffffff'
const TEXT = '#1b2430'
const MUTED = '#5d6875'
const FONT = 'system-ui, -apple-system, &quot;Segoe UI&quot;, Roboto, &quot;Helvetica Neue&quot;, Arial, sans-serif'

export const GRID = { stroke: '#e3e7ec', strokeOpacity: 1 }

/** Okabe and Ito 2008, without the yellow that white swallows; ours is the first. */
const COLORS = ['#0b6cae', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#5d6875', '#000000']
const SYMBOLS = ['circle', 'triangle', 'square', 'diamond', 'star', 'cross', 'wye', 'hexagon'] as const

/** How a policy looks in every figure: colour, and a shape for those who cannot tell colours apart. */
export interface Look {
  readonly policy: string
  readonly color: string
  readonly symbol: (typeof SYMBOLS)[number]
}

/** Looks for at most eight policies. */
export function looksOf(policies: readonly string[]): readonly Look[] {
  return policies.slice(0, COLORS.length).map((policy, i) => ({ policy, color: COLORS[i], symbol: SYMBOLS[i] }))
}

interface Rendered {
  readonly tagName: string
  innerHTML: string
  outerHTML: string
}

const LEGEND_LINE = 20
/** Width of a character of the legend, px: text cannot be measured here. */
const CHARACTER = 7.4
const LEGEND_GAP = 34

interface LegendEntry extends Look {
  readonly x: number
  readonly row: number
}

/** Places the names one after the other, and in a new row where they would leave the figure. */
function legendEntries(looks: readonly Look[], width: number): readonly LegendEntry[] {
  let x = 0
  let row = 0
  return looks.map((look) => {
    const length = LEGEND_GAP + CHARACTER * look.policy.length
    if (x > 0 && x + length > width) {
      x = 0
      row += 1
    }
    const entry = { ...look, x, row }
    x += length
    return entry
  })
}

const SHAPES: Readonly<Record<Look['symbol'], string>> = {
  circle: 'M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0',
  triangle: 'M0,-6L5.5,4L-5.5,4Z',
  square: 'M-4.5,-4.5H4.5V4.5H-4.5Z',
  diamond: 'M0,-6.5L4.5,0L0,6.5L-4.5,0Z',
  star: 'M0,-6L1.5,-2L6,-2L2.4,0.8L3.7,5L0,2.5L-3.7,5L-2.4,0.8L-6,-2L-1.5,-2Z',
  cross: 'M-2,-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z',
  wye: 'M-1.7,0L-5.5,-3L-3,-6L0,-2.8L3,-6L5.5,-3L1.7,0V6H-1.7Z',
  hexagon: 'M-2.9,-5H2.9L5.8,0L2.9,5H-2.9L-5.8,0Z'
}

export interface Figure {
  readonly title: string
  readonly subtitle: string
  readonly width: number
  readonly height: number
  readonly looks: readonly Look[]
}

const MARGIN = 20
const HEAD = 58

/** A figure that stands alone: title and legend above, on white. */
export function drawSvg({ plot, document }: Drawing, figure: Figure, options: Plot.PlotOptions): string {
  const { title, subtitle, width, height, looks } = figure
  const entries = legendEntries(looks, width - 2 * MARGIN)
  const top = HEAD + LEGEND_LINE * (1 + (entries.at(-1)?.row ?? 0)) + 6
  const style = { fontSize: '13px', color: MUTED }
  const body = plot.plot({ width, height, style, ...options, document: document as never }) as unknown as Rendered
  const text = (y: number, content: string, attributes: string) =>
    `<text x="${MARGIN}" y="${y}" ${attributes}>${escaped(content)}</text>`
  const legend = entries.map(({ policy, color, symbol, x, row }) => {
    const at = `translate(${MARGIN + 6 + x},${HEAD + 12 + row * LEGEND_LINE})`
    return `<g transform="${at}"><path d="${SHAPES[symbol]}" fill="${color}"/><text x="12" y="4.5" fill="${TEXT}">${escaped(policy)}</text></g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + top}" viewBox="0 0 ${width} ${height + top}"`,
    ` font-family="${FONT}" font-size="13" role="img" aria-label="${escaped(title)}">`,
    `<rect width="100%" height="100%" fill="${SURFACE}"/>`,
    text(28, title, `font-size="17" font-weight="600" fill="${TEXT}"`),
    text(48, subtitle, `fill="${MUTED}"`),
    ...legend,
    `<g transform="translate(0,${top})">${body.outerHTML}</g></svg>\n`
  ].join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
