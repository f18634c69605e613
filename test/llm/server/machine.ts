import { sleep } from '../../../src/core/abort.ts'
import type { Clock, Timers } from '../../../src/core/clock.ts'

/**
 * The processor that all slots share, token by token in turn. One that is `slowFactor` times slower is busy for as many times longer with
 * every step, and with nothing else meanwhile.
 */
export class Machine {
  readonly #time: Clock & Timers
  readonly #slowFactor: number
  #turn: Promise<unknown> = Promise.resolve()
  /** Timers are late: what one slept too long is taken off the next. */
  #owedMs = 0

  constructor(time: Clock & Timers, slowFactor: number) {
    this.#time = time
    this.#slowFactor = slowFactor
  }

  /** Waits for its turn, works, and stays busy for as long as the slower machine would have. Turns are taken in the order of the calls. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(() => this.#work(work))
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    const startMs = this.#time.now()
    const result = await work()
    const workedMs = this.#time.now()
    this.#owedMs += (workedMs - startMs) * (this.#slowFactor - 1)
    if (this.#owedMs > 0) {
      await sleep(this.#time, this.#owedMs)
      this.#owedMs -= this.#time.now() - workedMs
    }
    return result
  }
}
