import { bar, byId, h, keyedList, s, setAttribute, setText, show, tableRow } from './dom.js'
import { formatCount, formatMs, formatPercent, formatRatio, MISSING } from './format.js'

/** @import { ArmState, ClassState, DashboardState, FollowedState } from '../dashboard-state.ts' */

const WIDTH = 260
const HEIGHT = 34
const POINTS = 61
/** Three deviations to either side hold nearly all of it. */
const REACH = 3
/** The axis ends at twentieths, a little beyond what it holds. */
const STEPS = 20
const MARGIN = 0.15

/**
 * @typedef {object} Axis
 * @property {number} low
 * @property {number} high
 * @property {number} leastDeviation of all arms: its density is the highest
 */

/** @typedef {ArmState & { followed: FollowedState | undefined, axis: Axis, best: boolean }} ArmRow */

/** Round ends, so that the axis rests while beliefs move a little. @param {ClassState} state @returns {Axis} */
function axisOf({ arms }) {
  const ranges = arms.flatMap(({ interval95 }) => (interval95 === null ? [] : [interval95]))
  if (ranges.length === 0) return { low: 0, high: 1, leastDeviation: 1 }
  const low = Math.floor(Math.min(...ranges.map(([from]) => from)) * STEPS - MARGIN) / STEPS
  const high = Math.ceil(Math.max(...ranges.map(([, to]) => to)) * STEPS + MARGIN) / STEPS
  const deviations = arms.flatMap(({ mean, deviation }) => (mean === null ? [] : [deviation]))
  return { low: Math.max(0, low), high: Math.min(1, high), leastDeviation: Math.min(...deviations) }
}

/** @param {Axis} axis */
function scaleOf({ low, high }) {
  /** @param {number} value */
  return (value) => 4 + ((value - low) / (high - low)) * (WIDTH - 8)
}

/** @param {number} mean @param {number} deviation @param {Axis} axis */
function densityPath(mean, deviation, axis) {
  const x = scaleOf(axis)
  const floor = HEIGHT - 9
  const peak = Math.max(0.25, axis.leastDeviation / deviation) * (floor - 2)
  let path = ''
  for (let i = 0; i < POINTS; i++) {
    const z = -REACH + (2 * REACH * i) / (POINTS - 1)
    const value = mean + z * deviation
    if (value < axis.low || value > axis.high) continue
    path += `${path === '' ? `M${x(value).toFixed(1)} ${floor}L` : 'L'}${x(value).toFixed(1)} ${(floor - peak * Math.exp((-z * z) / 2)).toFixed(1)}`
  }
  const end = x(Math.min(axis.high, mean + REACH * deviation)).toFixed(1)
  return path === '' ? '' : `${path}L${end} ${floor}Z`
}

/** @param {ArmRow} arm */
function beliefOf({ arm, mean, deviation, interval80, interval95, axis, best }) {
  const label = mean === null ? `${arm}: nothing known` : `${arm}: ${formatRatio(mean)}, 95 % ${rangeText(interval95)}`
  const svg = s('svg', {
    class: best ? 'density best' : 'density',
    width: WIDTH,
    height: HEIGHT,
    role: 'img',
    'aria-label': label
  })
  const x = scaleOf(axis)
  svg.append(...ticksOf(axis).map((tick) => s('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: 0, y2: HEIGHT })))
  if (mean === null || interval80 === null || interval95 === null) return svg
  const y = HEIGHT - 5
  svg.append(
    s('path', { class: 'area', d: densityPath(mean, deviation, axis) }),
    s('line', { class: 'thin', x1: x(interval95[0]), x2: x(interval95[1]), y1: y, y2: y }),
    s('line', { class: 'thick', x1: x(interval80[0]), x2: x(interval80[1]), y1: y, y2: y }),
    s('circle', { class: 'mean', cx: x(mean), cy: y, r: 3.5 })
  )
  return svg
}

/** @param {Axis} axis */
function ticksOf({ low, high }) {
  const step = high - low > 0.6 ? 0.2 : high - low > 0.25 ? 0.1 : 0.05
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor((high - low) / step + 1e-9) + 1
  return Array.from({ length: count }, (_, i) => (first + i) * step).filter((tick) => tick <= high + 1e-9)
}

/** @param {Axis} axis */
function axisLabels(axis) {
  const x = scaleOf(axis)
  const labels = ticksOf(axis).map((tick) =>
    s('text', { class: 'tick', x: Math.min(WIDTH - 12, Math.max(12, x(tick))), y: 12, 'text-anchor': 'middle' }, tick.toFixed(2))
  )
  return s('svg', { width: WIDTH, height: 16, 'aria-hidden': 'true' }, ...labels)
}

/** @param {readonly [number, number] | null} range */
function rangeText(range) {
  return range === null ? MISSING : `${formatRatio(range[0])} – ${formatRatio(range[1])}`
}

/** @param {ArmRow} first */
function armRow(first) {
  const { row, cells } = tableRow(8, ['text', 'text belief', '', '', 'text bar-column'])
  row.dataset.arm = first.arm
  const share = h('span', { class: 'number' })
  const track = bar(0)
  cells[4].append(track, share)
  /** @param {ArmRow} arm */
  const update = (arm) => {
    const { followed } = arm
    setText(cells[0], arm.arm)
    cells[1].replaceChildren(beliefOf(arm))
    setText(cells[2], formatRatio(arm.mean))
    setText(cells[3], rangeText(arm.interval95))
    setText(share, formatPercent(arm.propensity))
    setAttribute(/** @type {Element} */ (track.lastElementChild), 'width', (arm.propensity * 100).toFixed(1))
    setText(cells[5], formatCount((followed?.successes ?? 0) + (followed?.failures ?? 0)))
    setText(cells[6], formatRatio(followed?.meanReward ?? null))
    setText(cells[7], formatMs(followed?.meanMs ?? null))
    row.classList.toggle('best', arm.best)
  }
  return { element: row, update }
}

/** @param {string} workloadClass @param {() => void} choose */
function classChoice(workloadClass, choose) {
  const input = h('input', { type: 'radio', name: 'class', value: workloadClass })
  input.addEventListener('change', choose)
  return { element: h('label', {}, input, h('span', {}, workloadClass)), update: () => undefined }
}

export function armsView() {
  const body = /** @type {HTMLElement} */ (byId('arms').querySelector('tbody'))
  const head = /** @type {HTMLElement} */ (byId('arms').querySelector('.belief'))
  const choices = h('div', { class: 'choices' })
  byId('classes').append(choices)
  let chosen = ''
  let axisKey = ''
  /** @type {DashboardState | undefined} */
  let last
  const updateRows = keyedList(body, ({ arm }) => arm, armRow)
  const updateChoices = keyedList(choices, ({ workloadClass }) => workloadClass, choiceOf)

  /** @param {ClassState} state */
  function choiceOf({ workloadClass }) {
    return classChoice(workloadClass, () => {
      chosen = workloadClass
      if (last !== undefined) render(last)
    })
  }

  /** @param {ClassState} state @param {readonly FollowedState[]} followed */
  function renderClass(state, followed) {
    const axis = axisOf(state)
    const most = Math.max(...state.arms.map(({ propensity }) => propensity))
    const rows = state.arms.map((arm) => ({
      ...arm,
      axis,
      best: arm.propensity === most,
      followed: followed.find((other) => other.arm === arm.arm)
    }))
    updateRows(rows)
    const key = `${axis.low} ${axis.high}`
    if (key === axisKey) return
    axisKey = key
    head.replaceChildren(h('span', { class: 'visually-hidden' }, 'Belief'), axisLabels(axis))
  }

  /** @param {DashboardState} state */
  function render(state) {
    last = state
    const { classes, followed } = state
    const known = classes.find(({ workloadClass }) => workloadClass === chosen) ?? classes[0]
    show('arms-empty', known === undefined)
    show('arms-scroll', known !== undefined)
    show('arms-note', known !== undefined)
    show('classes', classes.length > 1)
    if (known === undefined) {
      setText(byId('arms-empty'), `Policy “${state.policy}” knows nothing yet: each outcome teaches it what all arms are worth.`)
      return
    }
    chosen = known.workloadClass
    updateChoices(classes)
    for (const input of choices.querySelectorAll('input')) input.checked = input.value === chosen
    renderClass(known, followed)
  }
  return render
}
