import { h, keyedList, s, setAttribute, setText } from './dom.js'

/**
 * @typedef {object} Series
 * @property {string} name
 * @property {string} tone class that colours it
 * @property {string} stroke class that draws it
 * @property {readonly (readonly [number, number | null])[]} points time in ms and value
 */

/**
 * @typedef {object} PlotData
 * @property {readonly Series[]} series
 * @property {number} from ms
 * @property {number} to ms
 * @property {number} gapMs between points further apart than this there is no line
 * @property {string} summary what it shows, in words
 * @property {number} usual end of the axis while there is nothing to show
 * @property {number} [most] end of the axis; without, a round number above the largest value
 */

const HEIGHT = 176
const EDGE = { left: 52, right: 10, top: 10, bottom: 24 }
const MINUTE_MS = 60_000

/** The least round number at or above. @param {number} value */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return /** @type {number} */ ([1, 2, 2.5, 5, 10].find((step) => step * power >= value * 0.999)) * power
}

/** @param {PlotData} data */
function mostOf({ series, most, usual }) {
  if (most !== undefined) return most
  const largest = Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value ?? 0)))
  return largest > 0 ? roundUp(largest) : usual
}

/**
 * @param {readonly (readonly [number, number | null])[]} points
 * @param {(atMs: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} gapMs
 */
function pathOf(points, x, y, gapMs) {
  let path = ''
  let lastMs = -Infinity
  for (const [atMs, value] of points) {
    if (value === null) continue
    const place = `${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`
    // A point with no neighbour is a dot: a line of no length with round ends.
    path += atMs - lastMs <= gapMs ? `L${place}` : `M${place}h.01`
    lastMs = atMs
  }
  return path
}

/**
 * @param {PlotData} data
 * @param {number} width px
 * @param {(value: number) => string} format
 */
function draw(data, width, format) {
  const { series, from, to, gapMs } = data
  const most = mostOf(data)
  const inner = { width: width - EDGE.left - EDGE.right, height: HEIGHT - EDGE.top - EDGE.bottom }
  /** @param {number} atMs */
  const x = (atMs) => EDGE.left + ((atMs - from) / (to - from)) * inner.width
  /** @param {number} value */
  const y = (value) => EDGE.top + (1 - Math.min(1, value / most)) * inner.height
  const rows = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most)
    const line = s('line', { class: 'grid', x1: EDGE.left, x2: width - EDGE.right, y1: at, y2: at })
    if (part === 0.25 || part === 0.75) return line
    return s('g', {}, line, s('text', { class: 'tick', x: EDGE.left - 8, y: at + 4, 'text-anchor': 'end' }, format(part * most)))
  })
  const step = inner.width < 300 ? 2 : 1
  const minutes = Math.floor((to - from) / MINUTE_MS)
  const columns = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, i) => i * step).map((ago) => {
    const anchor = ago === 0 ? 'end' : 'middle'
    const label = ago === 0 ? 'now' : `−${ago} min`
    return s('text', { class: 'tick', x: x(to - ago * MINUTE_MS), y: HEIGHT - 6, 'text-anchor': anchor }, label)
  })
  const lines = series.map(({ points, tone, stroke }) =>
    s('path', { class: `line ${tone} ${stroke}`, d: pathOf(points, x, y, gapMs) })
  )
  const isEmpty = series.every(({ points }) => points.length === 0)
  const middle = { class: 'tick', x: EDGE.left + inner.width / 2, y: EDGE.top + inner.height / 2 - 6, 'text-anchor': 'middle' }
  return s('g', {}, ...rows, ...columns, ...lines, ...(isEmpty ? [s('text', middle, 'nothing ended yet')] : []))
}

/** The value at a time, or the last one before it within the gap. @param {Series} series @param {number} atMs @param {number} gapMs */
function valueAt({ points }, atMs, gapMs) {
  const found = points.findLast(([pointMs]) => pointMs <= atMs)
  return found === undefined || atMs - found[0] > gapMs ? null : found[1]
}

/**
 * A plot of lines over time, as wide as its place. Its key has the latest values, or those under the pointer.
 * @param {string} title
 * @param {{ tick: (value: number) => string, value: (value: number | null) => string }} format
 */
export function linePlot(title, format) {
  const keys = h('span', { class: 'keys' })
  const svg = s('svg', { class: 'plot', role: 'img', height: HEIGHT })
  const place = h('div', { class: 'plot-place' }, svg)
  const figure = h('figure', {}, h('figcaption', {}, h('b', {}, title), keys), place)
  const updateKeys = keyedList(keys, ({ name, tone, stroke }) => `${name}/${tone}/${stroke}`, keyOf)
  /** @type {PlotData | undefined} */
  let last
  let width = 0
  /** @type {number | undefined} */
  let pointerX

  function render() {
    if (last === undefined || width === 0) return
    const { series, from, to, gapMs, summary } = last
    const part = pointerX === undefined ? 1 : (pointerX - EDGE.left) / (width - EDGE.left - EDGE.right)
    const atMs = from + Math.min(1, Math.max(0, part)) * (to - from)
    svg.replaceChildren(draw(last, width, format.tick))
    if (pointerX !== undefined) {
      const x = EDGE.left + ((atMs - from) / (to - from)) * (width - EDGE.left - EDGE.right)
      svg.append(s('line', { class: 'pointer', x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }))
    }
    setAttribute(svg, 'aria-label', `${title}. ${summary}`)
    updateKeys(series.map((one) => ({ ...one, value: format.value(valueAt(one, atMs, gapMs)) })))
  }

  new ResizeObserver(([entry]) => {
    if (entry === undefined) return
    width = Math.max(200, Math.floor(entry.contentRect.width))
    svg.setAttribute('width', String(width))
    render()
  }).observe(place)
  svg.addEventListener('pointermove', ({ offsetX }) => {
    pointerX = offsetX
    render()
  })
  svg.addEventListener('pointerleave', () => {
    pointerX = undefined
    render()
  })

  return {
    figure,
    /** @param {PlotData} data */
    update(data) {
      last = data
      render()
    }
  }
}

/** @typedef {Series & { value: string }} Key */

/** @param {Key} key */
function keyOf({ name, tone, stroke }) {
  const sample = s(
    'svg',
    { width: 22, height: 10, 'aria-hidden': 'true' },
    s('path', { class: `line ${tone} ${stroke}`, d: 'M2 5h18' })
  )
  const value = h('span', { class: 'key-value' })
  const element = h('span', { class: 'key' }, sample, name, value)
  return {
    element,
    /** @param {Key} key */
    update: (key) => {
      setText(value, key.value)
    }
  }
}
