import type { LoadReport } from '../job/outcome.ts'

/** What a server says of its load; what it does not say is missing. */
export interface SaidLoad {
  readonly running?: number
  readonly queued?: number
  readonly slots?: number
  /** Slots that servers of its kind have, when nobody says. */
  readonly usualSlots?: number
}

interface Said {
  readonly running: number
  readonly queued: number
  /** Own jobs that were there when it was said. */
  readonly own: number
}

/** A job at the server. */
export interface Stay {
  /** It ended, the first time that this is called. @param decodeMs from the first of its tokens to the last, where it had its last */
  leave(tokens?: number, decodeMs?: number): void
}

/** A speed is the mean of about the last five jobs'. */
const SPEED_WEIGHT = 0.2
/** Fewer tokens say little of the speed. */
const MIN_TOKENS = 8

/**
 * The load of a server: what it last said, and the jobs that were sent there since; those alone when it says nothing.
 */
export class OwnLoad {
  readonly #fixedSlots: number | undefined
  #usualSlots: number
  #saidSlots: number | undefined
  #said: Said | undefined
  #own = 0
  #tokensPerSecond = 0

  /** @param fixedSlots what the owner says @param usualSlots what to suppose when nobody says */
  constructor(fixedSlots: number | undefined, usualSlots: number) {
    this.#fixedSlots = fixedSlots
    this.#usualSlots = usualSlots
  }

  /** A job begins. */
  enter(): Stay {
    this.#own += 1
    let here = true
    return {
      leave: (tokens = 0, decodeMs = 0) => {
        if (!here) return
        here = false
        this.#own -= 1
        this.#decoded(tokens, decodeMs)
      }
    }
  }

  /** The server answered. */
  say({ running, queued = 0, slots, usualSlots }: SaidLoad): void {
    this.#usualSlots = usualSlots ?? this.#usualSlots
    this.#saidSlots = slots
    this.#said = running === undefined ? undefined : { running, queued, own: this.#own }
  }

  /** Its last answer holds no longer. */
  forget(): void {
    this.#said = undefined
  }

  report(): LoadReport {
    const { running, queued, own } = this.#said ?? { running: 0, queued: 0, own: 0 }
    const slots = Math.max(1, this.#fixedSlots ?? this.#saidSlots ?? this.#usualSlots, running)
    const jobs = Math.max(0, running + queued - own) + this.#own
    // Who has a queue runs as many as it can: fewer than its slots, when memory is short.
    const most = queued > 0 ? Math.max(1, running) : slots
    const now = Math.min(jobs, most)
    return { slots, running: now, queued: jobs - now, tokensPerSecond: this.#tokensPerSecond }
  }

  #decoded(tokens: number, decodeMs: number): void {
    if (tokens < MIN_TOKENS || !(decodeMs > 0)) return
    const speed = ((tokens - 1) * 1000) / decodeMs
    this.#tokensPerSecond =
      this.#tokensPerSecond === 0 ? speed : (1 - SPEED_WEIGHT) * this.#tokensPerSecond + SPEED_WEIGHT * speed
  }
}
