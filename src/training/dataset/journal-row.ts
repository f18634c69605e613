import { messageOf } from '../../core/errors.ts'
import type { Decision, KnownOfPeer, OutcomeRecord } from '../../job/decision.ts'
import { decodeTokensPerSecond, type Success } from '../../job/outcome.ts'
import { checkDecision, checkOutcomeRecord } from '../../journal/check-record.ts'
import type { ExportedDecision } from '../../journal/export.ts'
import type { MeasuredRow } from '../../throughput/measured-row.ts'
import type { ThroughputQuery } from '../../throughput/query.ts'
import { firstTokenAtPeerMs } from './columns.ts'
import { badValue, datasetError, type Place } from './fail.ts'

type Values = Readonly<Record<string, unknown>>

/** The source of rows from journals. */
export const JOURNAL_SOURCE = 'journal'

/** The version of the export that is read. */
const VERSION: ExportedDecision['v'] = 1

/** Answers with fewer tokens, or whose tokens came within so short a time, ms, tell of packets and stalls on the way, not of the peer. */
const LEAST_TOKENS = 8
const LEAST_DECODE_MS = 100

/** Whether a line is one of a journal's export, not of a dataset with columns. */
export function isJournalLine(values: Values): boolean {
  return Object.hasOwn(values, 'decision')
}

function checked<T>(place: Place, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw datasetError(place, messageOf(error), error)
  }
}

/** Jobs side by side at the peer, as known at dispatch: by its report, and by what this router had sent there. */
function concurrencyOf({ running = 0, slots = Infinity }: Partial<KnownOfPeer>, inFlight: number): number {
  return Math.max(1, Math.min(slots, Math.max(running, inFlight) + 1))
}

/** A job that had to wait for a place says nothing of how fast the peer reads. */
function waited({ slots = Infinity, running = 0, queued = 0 }: Partial<KnownOfPeer>, inFlight: number): boolean {
  return queued > 0 || Math.max(running, inFlight) >= slots
}

function queryOf(decision: Decision, inFlight: number, outputTokens: number): ThroughputQuery {
  const { known = {} } = decision
  const { gpu, vramGb, claimedTokensPerSecond, rttMs } = known as Partial<KnownOfPeer>
  return {
    model: decision.model,
    promptTokens: Math.max(1, decision.promptTokens),
    outputTokens: Math.max(1, outputTokens),
    concurrency: concurrencyOf(known, inFlight),
    ...(gpu === undefined ? {} : { gpu }),
    ...(vramGb === undefined ? {} : { vramGb }),
    ...(claimedTokensPerSecond === undefined ? {} : { claimedTokensPerSecond }),
    ...(rttMs === undefined ? {} : { rttMs })
  }
}

/** Tokens/s, where the answer is long enough to tell. */
function speedOf(outcome: Success): number | undefined {
  const told = outcome.outputTokens >= LEAST_TOKENS && outcome.durationMs - outcome.firstTokenMs >= LEAST_DECODE_MS
  return told ? decodeTokensPerSecond(outcome) : undefined
}

function measured(decision: Decision, { inFlightAtDispatch, outcome, atMs }: OutcomeRecord): MeasuredRow | undefined {
  if (!outcome.ok) return undefined
  const { known = {} } = decision
  const speed = speedOf(outcome)
  const firstToken = waited(known, inFlightAtDispatch)
    ? undefined
    : firstTokenAtPeerMs(outcome.firstTokenMs, (known as Partial<KnownOfPeer>).rttMs)
  if (speed === undefined && firstToken === undefined) return undefined
  return {
    query: queryOf(decision, inFlightAtDispatch, outcome.outputTokens),
    ...(speed === undefined ? {} : { tokensPerSecond: speed }),
    ...(firstToken === undefined ? {} : { firstTokenMs: firstToken }),
    source: JOURNAL_SOURCE,
    weight: 1,
    answer: { peer: decision.peer, sentMs: decision.atMs, endedMs: atMs }
  }
}

/**
 * What a line of a journal's export (journal/export.ts) tells of throughput; undefined where it tells nothing: without an outcome, or a
 * failure. In journals from before decisions had `known`, the peer's GPU is not known.
 * @throws ERR_DATASET naming file, row and field
 */
export function journalRow(values: Values, place: Place): MeasuredRow | undefined {
  if (values['v'] !== VERSION) throw badValue({ ...place, column: 'v' }, String(VERSION), values['v'])
  const { decision, outcome = null } = values
  const made = checked(place, () => checkDecision(decision))
  return outcome === null
    ? undefined
    : measured(
        made,
        checked(place, () => checkOutcomeRecord(outcome))
      )
}
