import { Counter, Gauge, type Registry } from 'prom-client'
import type { PeerId } from '../job/decision.ts'
import type { SelectionTotals, Tally } from '../selector/statistics.ts'

const MICROS_PER_SECOND = 1e6
const MS_PER_SECOND = 1000

/** A figure as it is when somebody asks. */
function counted(registry: Registry, name: string, help: string, value: () => number): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(value())
    }
  })
}

interface Grouping {
  readonly label: 'policy' | 'arm' | 'peer'
  readonly tallies: () => ReadonlyMap<string, Tally>
  readonly nameOf: (key: string) => string
}

const SUMS: readonly (readonly [name: string, help: string, value: (tally: Tally) => number])[] = [
  ['output_tokens_total', 'Output tokens of successes', (tally) => tally.outputTokens],
  ['duration_seconds_total', 'Time of successes from dispatch to the last token', (tally) => tally.durationMs / MS_PER_SECOND],
  [
    'first_token_seconds_total',
    'Time of successes from dispatch to the first token',
    (tally) => tally.firstTokenMs / MS_PER_SECOND
  ],
  ['reward_total', 'Rewards of all outcomes, each 0 to 1', (tally) => tally.reward]
]

function grouped(registry: Registry, { label, tallies, nameOf }: Grouping): void {
  const registers = [registry]
  new Counter({
    name: `peerbandit_${label}_attempts_total`,
    help: `Attempts that ended, by ${label} and outcome: success, or why not`,
    labelNames: [label, 'outcome'],
    registers,
    collect() {
      this.reset()
      for (const [key, tally] of tallies()) {
        const name = nameOf(key)
        this.inc({ [label]: name, outcome: 'success' }, tally.successes)
        for (const [reason, count] of Object.entries(tally.failures)) this.inc({ [label]: name, outcome: reason }, count)
      }
    }
  })
  for (const [name, help, value] of SUMS) {
    new Counter({
      name: `peerbandit_${label}_${name}`,
      help: `${help}, by ${label}`,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        // Two peers may have one name: their figures add up.
        for (const [key, tally] of tallies()) this.inc({ [label]: nameOf(key) }, value(tally))
      }
    })
  }
}

/**
 * Exposes what a selection came to, by policy, arm and peer. Read from the same totals as every other view, at each scrape, so that all of
 * them agree.
 */
export function registerSelection(registry: Registry, statistics: () => SelectionTotals, nameOf: (peer: PeerId) => string): void {
  counted(registry, 'peerbandit_decisions_total', 'Decisions made', () => statistics().decisions)
  counted(registry, 'peerbandit_decisions_cancelled_total', 'Decisions whose job was cancelled', () => statistics().cancelled)
  counted(
    registry,
    'peerbandit_decision_seconds_total',
    'Time that decisions took',
    () => statistics().decisionMicros / MICROS_PER_SECOND
  )
  new Gauge({
    name: 'peerbandit_decisions_in_flight',
    help: 'Decisions that have no outcome yet',
    registers: [registry],
    collect() {
      this.set(statistics().inFlight)
    }
  })
  const asIs = (key: string) => key
  grouped(registry, { label: 'policy', tallies: () => statistics().byPolicy, nameOf: asIs })
  grouped(registry, { label: 'arm', tallies: () => statistics().byArm, nameOf: asIs })
  grouped(registry, { label: 'peer', tallies: () => statistics().byPeer, nameOf })
}
