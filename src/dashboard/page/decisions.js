import { byId, h, keyedList, setAttribute, setText, show, tableRow } from './dom.js'
import { formatCount, formatMs, formatTime, MISSING } from './format.js'

/** @import { DashboardState, DecisionState, OutcomeState } from '../dashboard-state.ts' */

/** @param {OutcomeState} outcome */
function outcomeText(outcome) {
  return outcome.kind === 'failure' ? outcome.reason : outcome.kind
}

/** @param {OutcomeState} outcome */
function figuresOf(outcome) {
  if (outcome.kind === 'failure') return [MISSING, formatMs(outcome.durationMs), MISSING]
  if (outcome.kind !== 'success') return [MISSING, MISSING, MISSING]
  return [formatMs(outcome.firstTokenMs), formatMs(outcome.durationMs), formatCount(outcome.outputTokens)]
}

/** @param {DecisionState} first @param {(id: string) => void} open */
function decisionRow({ id, atMs, model, workloadClass, attempt, name, arm, reason }, open) {
  const { row, cells } = tableRow(9, ['text', 'text', 'text', 'text', 'text', '', '', '', 'text reason'])
  const time = formatTime(atMs)
  const button = h(
    'button',
    { type: 'button', class: 'link', 'aria-haspopup': 'dialog', 'aria-label': `Why ${name}, ${time}` },
    time
  )
  const chip = h('span', { class: 'chip' })
  cells[0].append(button)
  cells[1].append(
    h('span', { class: 'name' }, model),
    h('small', {}, attempt > 1 ? `${workloadClass}, attempt ${attempt}` : workloadClass)
  )
  cells[2].append(name)
  cells[3].append(arm)
  cells[4].append(chip)
  cells[8].append(h('span', { class: 'clamp' }, reason))
  row.addEventListener('click', () => {
    // Who marks text to copy it does not want a dialog.
    if (getSelection()?.isCollapsed !== false) open(id)
  })
  /** @param {DecisionState} decision */
  const update = ({ outcome }) => {
    setText(chip, outcomeText(outcome))
    setAttribute(chip, 'data-state', outcome.kind)
    figuresOf(outcome).forEach((text, i) => {
      setText(cells[5 + i], text)
    })
  }
  return { element: row, update }
}

/** @param {(id: string) => void} open */
export function decisionsView(open) {
  const body = /** @type {HTMLElement} */ (byId('decisions').querySelector('tbody'))
  const updateRows = keyedList(
    body,
    ({ id }) => id,
    (/** @type {DecisionState} */ decision) => decisionRow(decision, open)
  )
  /** @param {DashboardState} state */
  return ({ decisions }) => {
    show('decisions-empty', decisions.length === 0)
    show('decisions-scroll', decisions.length > 0)
    updateRows(decisions)
  }
}
