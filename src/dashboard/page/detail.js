import { byId, h } from './dom.js'
import { formatMs, formatNumber, formatPercent, formatRatio, formatTime } from './format.js'

/** @import { DecisionDetail, OutcomeState } from '../dashboard-state.ts' */

/** @param {OutcomeState} outcome */
function outcomeSentence(outcome) {
  switch (outcome.kind) {
    case 'running':
      return 'under way'
    case 'cancelled':
      return 'cancelled'
    case 'failure':
      return `failed after ${formatMs(outcome.durationMs)}: ${outcome.reason}`
    case 'success':
      return `${outcome.outputTokens} tokens in ${formatMs(outcome.durationMs)}, the first after ${formatMs(outcome.firstTokenMs)}; reward ${formatRatio(outcome.reward)}`
  }
}

/** @param {DecisionDetail} detail */
function factsOf(detail) {
  /** @type {readonly (readonly [string, string])[]} */
  const pairs = [
    ['Job', `${detail.model}, ${detail.workloadClass}, attempt ${detail.attempt}`],
    [
      'Size',
      `${detail.promptTokens} tokens to read, ${detail.expectedOutputTokens} expected, within ${formatMs(detail.deadlineMs)}`
    ],
    ['Outcome', outcomeSentence(detail.outcome)]
  ]
  return h('dl', { class: 'facts' }, ...pairs.map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))))
}

/** @param {DecisionDetail} detail */
function scoresTable({ votes, candidates, peer: chosen, arm: followed }) {
  const heads = votes.map(({ arm }) => h('th', { scope: 'col', class: arm === followed ? 'followed' : '' }, arm))
  const rows = candidates.map(({ peer, name, scores }) => {
    const cells = votes.map((vote, i) => {
      const first = vote.peer === peer
      const classes = [first ? 'first' : '', vote.arm === followed ? 'followed' : ''].filter((part) => part !== '').join(' ')
      const mark = first
        ? [h('span', { class: 'star', 'aria-hidden': 'true' }, '★ '), h('span', { class: 'visually-hidden' }, 'first choice, ')]
        : []
      return h('td', { class: classes }, ...mark, formatNumber(scores[i] ?? null))
    })
    const mark = peer === chosen ? [h('small', {}, 'chosen')] : []
    return h('tr', { class: peer === chosen ? 'chosen' : '' }, h('th', { scope: 'row', class: 'text' }, name, ...mark), ...cells)
  })
  /** @param {string} name @param {string[]} texts */
  const foot = (name, texts) =>
    h('tr', {}, h('th', { scope: 'row', class: 'text' }, name), ...texts.map((text) => h('td', {}, text)))
  return h(
    'table',
    { id: 'scores' },
    h('caption', { class: 'visually-hidden' }, 'Scores of the candidates under each arm'),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'text' }, 'Candidate'), ...heads)),
    h('tbody', {}, ...rows),
    h(
      'tfoot',
      {},
      foot(
        'Followed with',
        votes.map(({ propensity }) => formatPercent(propensity))
      ),
      foot(
        'Expected reward',
        votes.map(({ expectedReward }) => formatRatio(expectedReward))
      )
    )
  )
}

/** @param {DecisionDetail} detail */
function contentOf(detail) {
  const left = detail.candidateCount - detail.candidates.length
  const more =
    left > 0 ? [h('p', { class: 'note' }, `${left} more candidates were no arm’s first choice and are not listed.`)] : []
  return [
    factsOf(detail),
    h('div', { class: 'explanation' }, ...detail.explanation.map((line) => h('p', {}, line))),
    h(
      'p',
      { class: 'note table-note' },
      'Scores of the candidates under each arm, on its own scale; higher is better, ★ is the arm’s first choice'
    ),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table of scores' }, scoresTable(detail)),
    ...more
  ]
}

/** A dialog that shows one decision with every score that went into it. */
export function detailDialog() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('detail'))
  const title = h('h2', { id: 'detail-title' })
  const close = h('button', { type: 'button' }, 'Close')
  const content = h('div', { class: 'content' })
  dialog.append(h('div', { class: 'heading' }, title, close), content)
  close.addEventListener('click', () => {
    dialog.close()
  })
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close()
  })

  /** @param {string} id */
  async function fill(id) {
    const response = await fetch(`dashboard/decision/${encodeURIComponent(id)}`)
    /** @type {unknown} */
    const body = await response.json()
    if (!response.ok) throw new Error(/** @type {{ error: { message: string } }} */ (body).error.message)
    const detail = /** @type {DecisionDetail} */ (body)
    title.textContent = `Why ${detail.name}, ${formatTime(detail.atMs)}`
    content.replaceChildren(...contentOf(detail))
  }

  /** @param {string} id */
  return (id) => {
    title.textContent = 'Why this peer'
    content.replaceChildren(h('p', { class: 'note' }, 'Asking …'))
    if (!dialog.open) dialog.showModal()
    fill(id).catch((/** @type {unknown} */ error) => {
      const reason = error instanceof Error ? error.message : String(error)
      content.replaceChildren(h('p', { class: 'finding', role: 'alert' }, `The scores did not come: ${reason}`))
    })
  }
}
