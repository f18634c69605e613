import { systemClock } from '../core/clock.ts'
import type { DemoListener, DemoState } from './demo.ts'
import { demoStatus } from './demo-status.ts'
import { type LiveView, liveView, wantsColor } from './live-view.ts'

const REDRAW_MS = 500
const USUAL_COLUMNS = 100
const USUAL_ROWS = 50

/** Shows a run on standard output: a picture that redraws itself on a terminal, a line now and then elsewhere. */
export function demoScreen(stdout: NodeJS.WriteStream = process.stdout): DemoListener {
  let view: LiveView | undefined
  let cancel: () => void = () => undefined
  let last: () => void = () => undefined

  function redraw(state: () => DemoState): void {
    view?.show(demoStatus(state()))
    cancel = systemClock.after(REDRAW_MS, () => {
      redraw(state)
    })
  }

  return {
    note(text) {
      stdout.write(`${text}\n`)
    },
    began(state) {
      view = liveView(
        {
          write: (text) => stdout.write(text),
          columns: () => stdout.columns ?? USUAL_COLUMNS,
          rows: () => stdout.rows ?? USUAL_ROWS,
          isTty: stdout.isTTY,
          clock: systemClock
        },
        { color: wantsColor(process.env, stdout.isTTY) }
      )
      redraw(state)
      last = () => view?.show(demoStatus(state()))
    },
    ended() {
      cancel()
      last()
      view?.stop()
    }
  }
}
