/** Nothing is free, and as many wait as may. */
export class QueueFull extends Error {}

/** Who may work now, and who waits for it in the order of coming. */
export class Slots<S> {
  readonly all: readonly S[]
  readonly #free: S[]
  readonly #mostWaiting: number
  #waiting: ((slot: S) => void)[] = []

  constructor(all: readonly S[], mostWaiting: number) {
    this.all = all
    this.#free = [...all]
    this.#mostWaiting = mostWaiting
  }

  get busy(): number {
    return this.all.length - this.#free.length
  }

  get waiting(): number {
    return this.#waiting.length
  }

  isBusy(slot: S): boolean {
    return !this.#free.includes(slot)
  }

  /** Works in a slot of its own. @throws QueueFull; the signal's reason, when it aborts before there is a slot */
  async use<T>(signal: AbortSignal, work: (slot: S) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const slot = this.#free.shift() ?? (await this.#wait(signal))
    try {
      return await work(slot)
    } finally {
      this.#release(slot)
    }
  }

  #wait(signal: AbortSignal): Promise<S> {
    if (this.#waiting.length >= this.#mostWaiting) throw new QueueFull(`${this.#mostWaiting} requests wait already`)
    return new Promise<S>((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== enter)
        reject(signal.reason as Error)
      }
      const enter = (slot: S) => {
        signal.removeEventListener('abort', leave)
        resolve(slot)
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(enter)
    })
  }

  #release(slot: S): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(slot)
    else next(slot)
  }
}
