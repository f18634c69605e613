import type { Rng } from '../../../src/core/rng.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { decisionAt, outcomeAt } from '../../journal/records.ts'
import { fleetRows } from '../fleet-rows.ts'

const OUTPUT_TOKENS = 101

/** Writes jobs of a made-up fleet, a second apart. */
export async function writeFleet(journal: Journal, count: number, rng: Rng, spread?: number): Promise<void> {
  for (const [i, { query, tokensPerSecond = NaN, firstTokenMs = NaN }] of fleetRows(count, rng, spread).entries()) {
    const n = 1_000 * (i + 1)
    const { gpu = '', model = '' } = query
    const outcome = {
      ok: true,
      outputTokens: OUTPUT_TOKENS,
      firstTokenMs,
      durationMs: firstTokenMs + ((OUTPUT_TOKENS - 1) * 1_000) / tokensPerSecond
    } as const
    await Promise.all([
      journal.appendDecision(decisionAt(n, { model, known: { gpu, outcomes: 1 } })),
      journal.appendOutcome(outcomeAt(n, { outcome, inFlightAtDispatch: 0 }))
    ])
  }
}
