import type { Clock } from '../core/clock.ts'
import type { LiveStatus } from './live-status.ts'
import { renderProgress, renderStatus } from './render-status.ts'

/** What the view needs of a terminal. */
export interface LiveViewComponents {
  readonly write: (text: string) => void
  /** Size of the terminal now; asked at every drawing, since windows change. */
  readonly columns: () => number
  readonly rows: () => number
  /** Whether the cursor can be moved. Without, the view writes a line now and then. */
  readonly isTty: boolean
  readonly clock: Clock
}

export interface LiveViewOptions {
  /** ANSI colours; see {@link wantsColor}. @default false */
  readonly color?: boolean
  /** Least time between two lines when the output is not a terminal, ms. @default 5000 */
  readonly lineEveryMs?: number
}

const DEFAULTS = { color: false, lineEveryMs: 5000 }

export interface LiveView {
  /** Draws the status over the last one. Call it a few times a second. */
  show(status: LiveStatus): void
  /** Leaves the last drawing where it is and gives the cursor back. Calling it again does nothing. */
  stop(): void
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/**
 * Whether to write colours: only to a terminal, and not when `NO_COLOR` is set to anything.
 * @see https://no-color.org
 */
export function wantsColor(env: Readonly<Record<string, string | undefined>>, isTty: boolean): boolean {
  return isTty && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
}

function drawnView({ write, columns, rows }: LiveViewComponents, color: boolean): LiveView {
  let drawnLines = 0
  let running = true
  return {
    show(status) {
      if (!running) return
      // A drawing higher than the window would scroll, and could not be drawn over.
      const lines = renderStatus(status, Math.max(1, columns() - 1), { color }).slice(0, Math.max(1, rows() - 1))
      const start = drawnLines === 0 ? HIDE_CURSOR : `\u001b[${drawnLines}A\r`
      write(start + lines.map((line) => `${line}${CLEAR_LINE}\n`).join('') + CLEAR_BELOW)
      drawnLines = lines.length
    },
    stop() {
      if (!running) return
      running = false
      if (drawnLines > 0) write(SHOW_CURSOR)
    }
  }
}

function loggedView({ write, clock }: LiveViewComponents, lineEveryMs: number): LiveView {
  let lastMs = -Infinity
  let running = true
  return {
    show(status) {
      if (!running || clock.now() - lastMs < lineEveryMs) return
      lastMs = clock.now()
      write(`${renderProgress(status)}\n`)
    },
    stop() {
      running = false
    }
  }
}

/**
 * Shows a run as it goes: drawn in place on a terminal, as a line now and then anywhere else. Nothing else may write to the
 * terminal between the first drawing and `stop`.
 */
export function liveView(components: LiveViewComponents, options: LiveViewOptions = {}): LiveView {
  const { color, lineEveryMs } = { ...DEFAULTS, ...options }
  return components.isTty ? drawnView(components, color) : loggedView(components, lineEveryMs)
}
