import type { Decision } from '../job/decision.ts'
import type { Journal, RangeOptions, SequencedOutcome } from './journal.ts'

/** One line of an export. */
export interface ExportedDecision {
  /** Version of this shape. */
  readonly v: 1
  readonly decision: Decision
  /** null while there is none. */
  readonly outcome: SequencedOutcome | null
}

/**
 * The journal as JSON Lines: a decision with its outcome on every line, in order of time, without line ends.
 * @param range which decisions, by their own time
 */
export async function* exportJsonl(
  journal: Pick<Journal, 'decisions' | 'outcome'>,
  range: RangeOptions = {}
): AsyncGenerator<string> {
  for await (const decision of journal.decisions(range)) {
    const line: ExportedDecision = { v: 1, decision, outcome: (await journal.outcome(decision.id)) ?? null }
    yield JSON.stringify(line)
  }
}

/** The latest outcomes with their decisions, in the same shape, in order of sequence. @param most ≥ 1 */
export async function* exportLatest(
  journal: Pick<Journal, 'decision' | 'outcomes' | 'lastSequence'>,
  most: number
): AsyncGenerator<string> {
  for await (const outcome of journal.outcomes({ afterSequence: Math.max(0, journal.lastSequence() - most) })) {
    const decision = await journal.decision(outcome.decisionId)
    if (decision === undefined) continue
    const line: ExportedDecision = { v: 1, decision, outcome }
    yield JSON.stringify(line)
  }
}
