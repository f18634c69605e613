/** How many tokens may be halves of one character. */
const MOST_HALVES = 4
const HALF = '\uFFFD'

/** Text that can be sent, and how many tokens made it. */
export interface Piece {
  readonly text: string
  readonly count: number
}

/** How many characters at the end may be the start of a stop text. */
function heldLength(text: string, stops: readonly string[]): number {
  let held = 0
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > held; length--) {
      if (text.endsWith(stop.slice(0, length))) held = length
    }
  }
  return held
}

/** Makes text of tokens: whole characters only, and nothing that a stop text starts or follows. */
export class Pieces<T> {
  readonly #textOf: (tokens: readonly T[]) => string
  readonly #stops: readonly string[]
  /** Tokens that are no whole character yet. */
  #tokens: T[] = []
  /** Text that may be the start of a stop. */
  #held = ''
  #count = 0
  #stopped = false

  constructor(textOf: (tokens: readonly T[]) => string, stops: readonly string[]) {
    this.#textOf = textOf
    this.#stops = stops
  }

  /** Whether a stop text was met. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** Takes a token. @returns what can be sent now, if anything */
  add(token: T): Piece | undefined {
    this.#tokens.push(token)
    this.#count++
    const text = this.#textOf(this.#tokens)
    if (text.endsWith(HALF) && this.#tokens.length < MOST_HALVES) return undefined
    this.#tokens = []
    this.#held += text
    const cut = this.#firstStop()
    if (cut >= 0) {
      this.#stopped = true
      this.#held = this.#held.slice(0, cut)
      return this.#take(cut)
    }
    return this.#take(this.#held.length - heldLength(this.#held, this.#stops))
  }

  /** What is left when no token follows. */
  end(): Piece | undefined {
    if (this.#tokens.length > 0) this.#held += this.#textOf(this.#tokens)
    this.#tokens = []
    return this.#take(this.#held.length)
  }

  #firstStop(): number {
    const found = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at >= 0)
    return found.length === 0 ? -1 : Math.min(...found)
  }

  #take(length: number): Piece | undefined {
    if (length === 0) return undefined
    const piece = { text: this.#held.slice(0, length), count: this.#count }
    this.#held = this.#held.slice(length)
    this.#count = 0
    return piece
  }
}
