import { byId, h, setText } from './dom.js'
import { formatCount, formatMs, formatNumber, formatPercent } from './format.js'

/** @import { DashboardState, PolicyState } from '../dashboard-state.ts' */

/** @param {DashboardState} state @returns {PolicyState | undefined} */
function current({ policies, policy }) {
  return policies.find((other) => other.policy === policy) ?? policies[0]
}

/** @param {DashboardState} state */
function failureNote({ totals }) {
  const reasons = Object.entries(totals.failuresByReason).sort(([, a], [, b]) => b - a)
  return reasons.length === 0 ? 'none failed' : reasons.map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ')
}

/** @param {number | null} micros */
const microsOf = (micros) => (micros === null ? '–' : `${formatNumber(micros)} µs`)

/** @type {readonly { id: string, name: string, value: (state: DashboardState) => string, note: (state: DashboardState) => string }[]} */
const TILES = [
  {
    id: 'decisions',
    name: 'Decisions',
    value: ({ totals }) => formatCount(totals.decisions),
    note: ({ totals }) => `${microsOf(totals.meanDecisionMicros)} each`
  },
  {
    id: 'in-flight',
    name: 'In flight',
    value: ({ totals }) => formatCount(totals.inFlight),
    note: ({ totals }) => `${formatCount(totals.cancelled)} cancelled`
  },
  {
    id: 'successes',
    name: 'Succeeded',
    value: ({ totals }) => formatCount(totals.successes),
    note: ({ totals: { successes, failures } }) =>
      formatPercent(successes + failures > 0 ? successes / (successes + failures) : null)
  },
  { id: 'failures', name: 'Failed', value: ({ totals }) => formatCount(totals.failures), note: failureNote },
  { id: 'p50', name: 'Duration', value: (state) => formatMs(current(state)?.p50Ms ?? null), note: () => 'median, latest' },
  { id: 'p95', name: 'Duration, p95', value: (state) => formatMs(current(state)?.p95Ms ?? null), note: () => 'latest' },
  {
    id: 'first-token',
    name: 'First token',
    value: (state) => formatMs(current(state)?.meanFirstTokenMs ?? null),
    note: () => 'mean'
  },
  {
    id: 'tokens',
    name: 'Output tokens',
    value: ({ totals }) => formatCount(totals.outputTokens),
    note: ({ totals, uptimeMs }) => `${formatNumber((totals.outputTokens * 1000) / Math.max(1000, uptimeMs))} a second`
  }
]

export function totalsView() {
  const list = byId('totals')
  const tiles = TILES.map(({ id, name }) => {
    const value = h('dd', { class: 'value', id: `total-${id}` }, '–')
    const note = h('dd', { class: 'small' }, '\u00a0')
    list.append(h('div', {}, h('dt', {}, name), value, note))
    return { value, note }
  })
  /** @param {DashboardState} state */
  return (state) => {
    TILES.forEach((tile, i) => {
      setText(tiles[i].value, tile.value(state))
      setText(tiles[i].note, tile.note(state))
    })
  }
}
