import { bar, byId, h, setAttribute, setText } from './dom.js'
import { formatCount, formatMs, formatPercent, formatRatio } from './format.js'

/** @import { DashboardState, ExperimentState } from '../dashboard-state.ts' */

/** A list of terms, made once; later only their values change. @param {Element} parent */
function facts(parent) {
  const list = h('dl', { class: 'facts' })
  parent.append(list)
  /** @type {Map<string, HTMLElement>} */
  const values = new Map()
  /** @param {readonly (readonly [string, string])[]} pairs */
  return (pairs) => {
    for (const [term, text] of pairs) {
      const value = values.get(term) ?? h('dd')
      if (!values.has(term)) list.append(h('div', {}, h('dt', {}, term), value))
      values.set(term, value)
      setText(value, text)
    }
  }
}

/** A share as a bar with a sentence that says it. @param {Element} parent */
function shareLine(parent) {
  const text = h('p', { class: 'finding' })
  const track = bar(0, 'bar wide')
  parent.append(text, track)
  /** @param {string} sentence @param {number | null} share */
  return (sentence, share) => {
    setText(text, sentence)
    setAttribute(/** @type {Element} */ (track.lastElementChild), 'width', ((share ?? 0) * 100).toFixed(1))
  }
}

export function agreementView() {
  const place = byId('agreement')
  const line = shareLine(place)
  const list = facts(place)
  /** @param {DashboardState} state */
  return ({ agreement: { arms, decisions, unanimousRatio, meanDistinct, meanTau } }) => {
    const sentence =
      unanimousRatio === null
        ? `Nothing was ranked yet by the ${arms} of them.`
        : `All ${arms} rank the same peer first in ${formatPercent(unanimousRatio)} of the decisions.`
    line(sentence, unanimousRatio)
    list([
      ['Different first choices, mean', formatRatio(meanDistinct)],
      ['Kendall’s τ of their orders, mean', formatRatio(meanTau)],
      ['Decisions', formatCount(decisions)]
    ])
  }
}

/** @param {DashboardState['throughput']} throughput */
function modelSentence(throughput) {
  if (throughput === null)
    return 'No hardware model is in use: newcomers start from their claims, and from what those of others were worth.'
  const { coverage, healthy } = throughput
  if (coverage === null) return 'The hardware model’s 80 % intervals wait for the first settled paces.'
  const use = healthy ? 'It is used for newcomers.' : 'It is not used until they cover more.'
  return `The hardware model’s 80 % intervals cover ${formatPercent(coverage)} of the last paces. ${use}`
}

export function modelsView() {
  const place = byId('models')
  const line = shareLine(place)
  const list = facts(place)
  /** @param {DashboardState} state */
  return ({ throughput, predictorTrusted }) => {
    line(modelSentence(throughput), throughput?.coverage ?? null)
    list([
      ['Completion times', predictorTrusted ? 'predicted' : 'by the per-token rule'],
      ['Settled paces', throughput === null ? '–' : formatCount(throughput.outcomes)],
      ['Hardware model', throughput === null ? 'none' : throughput.model.slice(0, 12)]
    ])
  }
}

/** @param {ExperimentState} experiment */
function sidesTable({ sides, name }) {
  const heads = ['Side', 'Jobs', 'Success', 'Mean', 'p95'].map((text, i) =>
    h('th', { scope: 'col', class: i === 0 ? 'text' : '' }, text)
  )
  const rows = sides.map((side) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row', class: 'text' }, side.name),
      ...[formatCount(side.jobs), formatPercent(side.successRatio), formatMs(side.meanMs), formatMs(side.p95Ms)].map((text) =>
        h('td', {}, text)
      )
    )
  )
  return h(
    'table',
    {},
    h('caption', { class: 'visually-hidden' }, `Sides of ${name}`),
    h('thead', {}, h('tr', {}, ...heads)),
    h('tbody', {}, ...rows)
  )
}

/** @param {ExperimentState} experiment */
function differenceText({ differenceMs, sides: [first, second] }) {
  if (differenceMs === null || first === undefined || second === undefined) return 'The difference cannot be told yet.'
  const { estimate, low, high } = differenceMs
  return `${first.name} less ${second.name}: ${formatMs(estimate)}, 95 % ${formatMs(low)} to ${formatMs(high)}`
}

export function experimentView() {
  const place = byId('experiment')
  let shown = ''
  /** @param {DashboardState} state */
  return ({ experiment }) => {
    const key = JSON.stringify(experiment)
    if (key === shown) return
    shown = key
    if (experiment === null) {
      place.replaceChildren(
        h('p', { class: 'finding' }, 'None runs.'),
        h('p', { class: 'note' }, 'Where two policies share the jobs, the verdict stands here.')
      )
      return
    }
    place.replaceChildren(
      h('p', { class: 'finding' }, h('b', {}, `${experiment.name}: `), experiment.verdict),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of the experiment’s sides' },
        sidesTable(experiment)
      ),
      h('p', { class: 'note' }, differenceText(experiment))
    )
  }
}
