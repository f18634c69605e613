import { Pool } from 'undici'
import type { Clock, Timers } from '../../../../src/core/clock.ts'
import { pcg32 } from '../../../../src/core/rng.ts'
import { type Kind, kindBy, KINDS, sendMixed } from './mixed-request.ts'

const MOST_CONNECTIONS = 512

export interface OpenLoadOptions {
  /** Of /v1/chat/completions. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly perSecond: number
  readonly seed: number
  readonly clock: Clock & Timers
}

export interface OpenLoadCounts {
  readonly sent: number
  readonly ended: number
  /** Not sent because 512 were under way: the gateway is behind. */
  readonly skipped: number
  readonly ofKind: Readonly<Record<Kind, number>>
  /** By kind and what was wrong. */
  readonly failures: Readonly<Record<string, number>>
}

/** Mixed requests at a fixed rate, whether answers come or not. */
export class OpenLoad {
  private readonly options: OpenLoadOptions
  private readonly pool: Pool
  private readonly path: string
  private readonly startMs: number
  private readonly rng
  private due = 0
  private sent = 0
  private skipped = 0
  private ended = 0
  private readonly ofKind = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>
  private readonly failures: Record<string, number> = {}
  private cancel = () => {}

  constructor(options: OpenLoadOptions) {
    const { origin, pathname } = new URL(options.url)
    this.options = options
    this.pool = new Pool(origin, { connections: MOST_CONNECTIONS, pipelining: 1 })
    this.path = pathname
    this.startMs = options.clock.now()
    this.rng = pcg32(options.seed)
    this.next()
  }

  counts(): OpenLoadCounts {
    const { sent, ended, skipped, ofKind, failures } = this
    return { sent, ended, skipped, ofKind: { ...ofKind }, failures: { ...failures } }
  }

  /** Sends no more; what is under way is given up. */
  async stop(): Promise<void> {
    this.cancel()
    await this.pool.destroy()
  }

  /** Sends what is due by now: a late timer loses nothing. */
  private next(): void {
    const { clock, perSecond } = this.options
    const untilNow = 1 + Math.floor(((clock.now() - this.startMs) / 1000) * perSecond)
    for (; this.due < untilNow; this.due++) this.send(kindBy(this.rng))
    this.cancel = clock.after(this.startMs + (this.due / perSecond) * 1000 - clock.now(), () => {
      this.next()
    })
  }

  private send(kind: Kind): void {
    if (this.sent - this.ended >= MOST_CONNECTIONS) {
      this.skipped += 1
      return
    }
    this.sent += 1
    this.ofKind[kind] += 1
    void sendMixed({ dispatcher: this.pool, path: this.path, headers: this.options.headers }, kind).then((fault) => {
      this.ended += 1
      if (fault === undefined) return
      const what = `${kind}: ${fault}`
      this.failures[what] = (this.failures[what] ?? 0) + 1
    })
  }
}
