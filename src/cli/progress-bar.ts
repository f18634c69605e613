/** How far something is, on standard error. */
interface ProgressBar {
  /** @param ratio 0–1 @param text what is being done */
  show(ratio: number, text: string): void
  /** Takes the bar away. */
  end(): void
}

interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const WIDTH = 24
const CLEAR = '\r\u001b[K'
/** Lines that a log gets, rather than a bar. */
const LINES = 20

function barOf(ratio: number): string {
  const full = Math.round(ratio * WIDTH)
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${String(Math.floor(100 * ratio)).padStart(3)} %`
}

/** A bar on a terminal; elsewhere a line now and then. */
export function progressBar(screen: Screen = process.stderr): ProgressBar {
  let last = -1
  return {
    show(ratio, text) {
      if (screen.isTTY === true) {
        screen.write(`${CLEAR}${barOf(ratio)}  ${text}`)
        return
      }
      const step = Math.floor(ratio * LINES)
      if (step === last) return
      last = step
      screen.write(`${String(Math.floor(100 * ratio)).padStart(3)} %  ${text}\n`)
    },
    end() {
      if (screen.isTTY === true) screen.write(CLEAR)
    }
  }
}
