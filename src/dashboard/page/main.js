import { armsView } from './arms.js'
import { agreementView, experimentView, modelsView } from './cards.js'
import { connect } from './connection.js'
import { decisionsView } from './decisions.js'
import { detailDialog } from './detail.js'
import { byId, setAttribute, setText, show } from './dom.js'
import { formatTime, formatUptime } from './format.js'
import { peersView } from './peers.js'
import { policiesView } from './policies.js'
import { totalsView } from './totals.js'

/** @import { DashboardState } from '../dashboard-state.ts' */

const views = [
  totalsView(),
  policiesView(),
  armsView(),
  agreementView(),
  modelsView(),
  experimentView(),
  peersView(),
  decisionsView(detailDialog())
]

const status = byId('status')
const statusText = /** @type {HTMLElement} */ (status.querySelector('span'))
const pause = byId('pause')

/** @type {DashboardState | undefined} */
let last
let isLost = false
let isPaused = false

function showStatus() {
  const state = isLost ? 'lost' : isPaused ? 'paused' : last === undefined ? 'waiting' : 'live'
  setAttribute(status, 'data-state', state)
  setAttribute(document.body, 'data-connection', state)
  const texts = { lost: 'Connection lost, trying again', paused: 'Paused', waiting: 'Connecting', live: 'Live' }
  setText(statusText, texts[state])
}

/** @param {DashboardState} state */
function showFirstRequest({ totals, peers }) {
  show('first-request', totals.decisions === 0)
  const model = peers.flatMap(({ models }) => models)[0] ?? 'MODEL'
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
  const command = `curl ${location.origin}/v1/chat/completions \\\n  -H 'content-type: application/json' \\\n  -d '${body.replaceAll("'", "'\\''")}'`
  setText(byId('first-request-command'), command)
}

/** @param {DashboardState} state */
function render(state) {
  setText(byId('about'), `Policy ${state.policy} · up ${formatUptime(state.uptimeMs)} · ${formatTime(state.atMs)}`)
  showFirstRequest(state)
  for (const view of views) view(state)
}

function update() {
  showStatus()
  if (last !== undefined && !isPaused && !document.hidden) render(last)
}

connect({
  onState(state) {
    last = state
    isLost = false
    update()
  },
  onLost() {
    isLost = true
    showStatus()
  }
})

document.addEventListener('visibilitychange', update)

pause.addEventListener('click', () => {
  isPaused = !isPaused
  setAttribute(pause, 'aria-pressed', String(isPaused))
  update()
})

byId('theme').addEventListener('click', () => {
  const { dataset } = document.documentElement
  const current = dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
  const next = current === 'dark' ? 'light' : 'dark'
  dataset.theme = next
  try {
    localStorage.setItem('peerbandit-theme', next)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
})
