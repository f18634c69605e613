/** @import { DashboardState } from '../dashboard-state.ts' */

/** States come every second. */
const SILENT_MS = 6000
const RETRY_MS = 2000

/**
 * Follows the router's states for good: what breaks is opened again.
 * @param {{ onState: (state: DashboardState) => void, onLost: () => void }} listener
 */
export function connect({ onState, onLost }) {
  /** @type {EventSource | undefined} */
  let source
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  /** @param {number} delayMs */
  function openIn(delayMs) {
    clearTimeout(timer)
    timer = setTimeout(open, delayMs)
  }

  function lost() {
    source?.close()
    onLost()
    openIn(RETRY_MS)
  }

  function open() {
    source?.close()
    source = new EventSource('dashboard/events')
    source.onmessage = (event) => {
      // Silence is a lost connection too, which the browser may not notice for minutes.
      clearTimeout(timer)
      timer = setTimeout(lost, SILENT_MS)
      /** @type {unknown} */
      const state = JSON.parse(String(event.data))
      onState(/** @type {DashboardState} */ (state))
    }
    source.onerror = lost
    clearTimeout(timer)
    timer = setTimeout(lost, SILENT_MS)
  }
  open()
}
