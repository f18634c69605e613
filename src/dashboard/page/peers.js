import { bar, byId, h, keyedList, s, setAttribute, setText, show, tableRow } from './dom.js'
import { formatCount, formatMs, formatNumber, formatPercent, MISSING } from './format.js'

/** @import { DashboardState, PeerState } from '../dashboard-state.ts' */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {(peer: PeerState) => number | string | null} value to sort by
 * @property {string} [shape] class of its cells
 * @property {boolean} [up] whether the first sort is from small to large
 */

/** @type {readonly Column[]} */
const COLUMNS = [
  { name: 'Peer', value: ({ name }) => name, shape: 'text', up: true },
  { name: 'State', value: ({ condition }) => condition, shape: 'text', up: true },
  { name: 'Load', value: ({ load }) => (load === null ? null : (load.running + load.queued) / load.slots) },
  { name: 'In flight', value: ({ inFlight }) => inFlight },
  { name: 'Observed tok/s', value: ({ observedTokensPerSecond }) => observedTokensPerSecond },
  { name: 'Claimed tok/s', value: ({ claimedTokensPerSecond }) => claimedTokensPerSecond, shape: 'claims' },
  { name: 'Round trip', value: ({ rttMs }) => rttMs, up: true },
  { name: 'Share', value: ({ share }) => share, shape: 'text bar-column' },
  { name: 'Attempts', value: ({ successes, failures }) => successes + failures },
  { name: 'Success', value: ({ successRatio }) => successRatio },
  { name: 'Hardware and models', value: ({ gpu }) => gpu, shape: 'text hardware', up: true }
]

/** Missing values come last, whichever way. @param {Column} column @param {boolean} up */
function order({ value }, up) {
  /** @param {PeerState} a @param {PeerState} b */
  return (a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    const difference =
      typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true })
    return up ? difference : -difference
  }
}

/** @param {PeerState['load']} load */
function loadText(load) {
  if (load === null) return MISSING
  const waiting = load.queued > 0 ? ` + ${load.queued} waiting` : ''
  return `${load.running} of ${load.slots}${waiting}`
}

function speedBars() {
  const claimed = s('rect', { class: 'track', height: 6, y: 0 })
  const observed = s('rect', { class: 'fill', height: 6, y: 0 })
  const svg = s(
    'svg',
    { class: 'bar', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    claimed,
    observed
  )
  /** @param {PeerState} peer @param {number} most */
  const update = (peer, most) => {
    setAttribute(claimed, 'width', (((peer.claimedTokensPerSecond ?? 0) / most) * 100).toFixed(1))
    setAttribute(observed, 'width', (((peer.observedTokensPerSecond ?? 0) / most) * 100).toFixed(1))
  }
  return { svg, update }
}

/** @param {readonly PeerState[]} peers */
function fastest(peers) {
  return Math.max(1, ...peers.map((peer) => Math.max(peer.claimedTokensPerSecond ?? 0, peer.observedTokensPerSecond ?? 0)))
}

/** @typedef {{ peer: PeerState, most: number }} PeerRow */

/** @param {PeerRow} first */
function peerRow({ peer: { peer: id } }) {
  const { row, cells } = tableRow(
    COLUMNS.length,
    COLUMNS.map(({ shape = '' }) => shape)
  )
  row.dataset.peer = id
  const [name, state, load, inFlight, observed, claims, rtt, share, attempts, success, hardware] = cells
  const [bold, small] = [h('span', { class: 'name' }), h('small')]
  name.append(bold, small)
  const chip = h('span', { class: 'chip' })
  state.append(chip)
  const speeds = speedBars()
  const claimed = h('span', { class: 'number' })
  claims.append(speeds.svg, claimed)
  const track = bar(0)
  const percent = h('span', { class: 'number' })
  share.append(track, percent)
  const [gpu, models] = [h('span'), h('small')]
  hardware.append(gpu, models)
  /** @param {PeerRow} row */
  const update = ({ peer, most }) => {
    setText(bold, peer.name)
    setText(small, peer.name === peer.peer ? '' : peer.peer.slice(-12))
    setAttribute(small, 'title', peer.peer)
    setText(chip, peer.condition)
    setAttribute(chip, 'data-state', peer.condition)
    setText(load, loadText(peer.load))
    setText(inFlight, formatCount(peer.inFlight))
    setText(observed, formatNumber(peer.observedTokensPerSecond))
    setText(claimed, formatNumber(peer.claimedTokensPerSecond))
    speeds.update(peer, most)
    setText(rtt, formatMs(peer.rttMs))
    setText(percent, formatPercent(peer.share))
    setAttribute(/** @type {Element} */ (track.lastElementChild), 'width', (peer.share * 100).toFixed(1))
    setText(attempts, formatCount(peer.successes + peer.failures))
    setText(success, formatPercent(peer.successRatio))
    setText(gpu, peer.gpu ?? MISSING)
    setText(models, peer.models.join(', '))
  }
  return { element: row, update }
}

export function peersView() {
  const table = byId('peers')
  const head = /** @type {HTMLElement} */ (table.querySelector('thead tr'))
  const body = /** @type {HTMLElement} */ (table.querySelector('tbody'))
  const updateRows = keyedList(body, ({ peer }) => peer.peer, peerRow)
  let sorted = 0
  let up = true
  /** @type {DashboardState | undefined} */
  let last

  const heads = COLUMNS.map(({ name, shape = '', up: firstUp = false }, i) => {
    const button = h('button', { type: 'button', class: 'sort' }, name)
    button.addEventListener('click', () => {
      up = sorted === i ? !up : firstUp
      sorted = i
      markSorted()
      if (last !== undefined) render(last)
    })
    return h('th', { scope: 'col', class: shape }, button)
  })
  head.append(...heads)

  function markSorted() {
    heads.forEach((cell, i) => {
      if (i === sorted) cell.setAttribute('aria-sort', up ? 'ascending' : 'descending')
      else cell.removeAttribute('aria-sort')
    })
  }

  /** @param {DashboardState} state */
  function render(state) {
    last = state
    const { peers, peersLeftOut } = state
    show('peers-empty', peers.length === 0)
    show('peers-scroll', peers.length > 0)
    const there = peers.filter(({ condition }) => condition !== 'away').length
    const more = peersLeftOut > 0 ? `, and ${formatCount(peersLeftOut)} with fewer attempts` : ''
    setText(
      byId('peers-note'),
      peers.length === 0 ? '' : `${there} of ${peers.length} are here${more}; bars: observed over claimed speed`
    )
    const most = fastest(peers)
    const rows = [...peers].sort(order(COLUMNS[sorted], up)).map((peer) => ({ peer, most }))
    updateRows(rows)
  }
  markSorted()
  return render
}
