import { overloaded } from './api-error.ts'

/** The requests for inference that are being answered. */
export class InFlight {
  readonly #most: number
  readonly #running = new Set<AbortController>()
  readonly #waiters = new Set<() => void>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#running.size
  }

  /** @throws ApiError 503 when there are too many */
  enter(controller: AbortController): void {
    if (this.#running.size >= this.#most) throw overloaded(`the gateway is full: it answers ${this.#most} requests at a time`)
    this.#running.add(controller)
  }

  leave(controller: AbortController): void {
    this.#running.delete(controller)
    if (this.#running.size > 0) return
    for (const wake of this.#waiters) wake()
    this.#waiters.clear()
  }

  /** @returns how many there were */
  abortAll(reason: Error): number {
    const { size } = this.#running
    for (const controller of this.#running) controller.abort(reason)
    return size
  }

  /** Resolves when there are none. */
  empty(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.add(resolve))
  }
}
