import { systemClock } from '../../src/core/clock.ts'
import type { Decision } from '../../src/job/decision.ts'
import type { SequencedOutcome } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/level-journal.ts'
import type { Asking } from './client.ts'
import type { Away } from './processes.ts'

/** Around a kill: what was on its way to the journal and to the clients then may be missing at either, ms. */
const KILL_MARGIN_MS = 500

/** What the journal has, and whether it is what the clients saw. */
export interface Audit {
  readonly decisions: number
  readonly outcomes: number
  readonly successes: number
  readonly failures: Readonly<Record<string, number>>
  /** Decisions without an outcome, by why that is right. */
  readonly open: { hedgeLosers: number; left: number; killed: number }
  /** Successes, by what their clients got. */
  readonly matched: { complete: number; left: number; killed: number }
  /** Complete answers whose success the kill took. */
  completeKilled: number
  /** How long before the kill the first of those ended, ms: what an answer is ahead of the journal. */
  completeKilledAheadMs: number
  /** Complete answers of jobs that were sent to two peers at once. */
  hedged: number
  /** Complete answers after one attempt or more had failed. */
  retried: number
  readonly violations: string[]
}

interface JobRecord {
  readonly id: string
  /** In order of attempts. */
  readonly decisions: readonly Decision[]
  readonly asking: Asking | undefined
}

function nameOf(asking: Asking | undefined): string {
  return asking === undefined ? 'nobody got an answer' : `${asking.question.nonce}, ${asking.ending.kind}`
}

class Auditor {
  readonly #decisions = new Map<string, Decision>()
  readonly #outcomes = new Map<string, SequencedOutcome>()
  readonly #jobs = new Map<string, Decision[]>()
  readonly #kills: readonly Away[]
  readonly #violations: string[] = []

  constructor(aways: readonly Away[]) {
    this.#kills = aways.filter(({ how }) => how === 'SIGKILL')
  }

  async read(location: string): Promise<void> {
    const journal = await openJournal(location, { createIfMissing: false }, { clock: systemClock, timers: systemClock })
    try {
      for await (const decision of journal.decisions()) {
        this.#decisions.set(decision.id, decision)
        this.#jobs.set(decision.jobId, [...(this.#jobs.get(decision.jobId) ?? []), decision])
      }
      for await (const outcome of journal.outcomes()) {
        const { decisionId } = outcome
        if (this.#outcomes.has(decisionId)) this.#violations.push(`decision ${decisionId} has two outcomes`)
        if (!this.#decisions.has(decisionId)) this.#violations.push(`the outcome of ${decisionId} has no decision`)
        this.#outcomes.set(decisionId, outcome)
      }
    } finally {
      await journal.close()
    }
  }

  audit(askings: readonly Asking[]): Audit {
    const audit: Audit = {
      decisions: this.#decisions.size,
      outcomes: this.#outcomes.size,
      successes: [...this.#outcomes.values()].filter(({ outcome }) => outcome.ok).length,
      failures: this.#failures(),
      open: { hedgeLosers: 0, left: 0, killed: 0 },
      matched: { complete: 0, left: 0, killed: 0 },
      completeKilled: 0,
      completeKilledAheadMs: 0,
      hedged: 0,
      retried: 0,
      violations: this.#violations
    }
    const claims = this.#claims(askings, audit)
    for (const [id, decisions] of this.#jobs) {
      const job = { id, asking: claims.get(id), decisions: decisions.sort((a, b) => a.attempt - b.attempt) }
      this.#checkSuccesses(job, audit)
      this.#checkOpen(job, audit)
    }
    return audit
  }

  #failures(): Record<string, number> {
    const failures: Record<string, number> = {}
    for (const { outcome } of this.#outcomes.values()) {
      if (!outcome.ok) failures[outcome.reason] = (failures[outcome.reason] ?? 0) + 1
    }
    return failures
  }

  /** Whose answer a job's is: the header of an answer names a decision, and that its job. */
  #claims(askings: readonly Asking[], audit: Audit): Map<string, Asking> {
    const claims = new Map<string, Asking>()
    for (const asking of askings) {
      const { decision: id, ending, endWallMs } = asking
      const { nonce } = asking.question
      if (id === undefined) {
        if (ending.kind === 'complete') this.#violations.push(`the answer to ${nonce} has no x-peerbandit-decision`)
        continue
      }
      const decision = this.#decisions.get(id)
      if (decision === undefined) {
        if (!this.#nearKill(endWallMs)) this.#violations.push(`decision ${id} of the answer to ${nonce} is not in the journal`)
        else if (ending.kind === 'complete') this.#countKilled(endWallMs, audit)
        continue
      }
      if (claims.has(decision.jobId)) this.#violations.push(`job ${decision.jobId} has two answers`)
      claims.set(decision.jobId, asking)
    }
    return claims
  }

  #nearKill(wallMs: number): boolean {
    return this.#kills.some(({ fromWallMs }) => Math.abs(wallMs - fromWallMs) <= KILL_MARGIN_MS)
  }

  #countKilled(endWallMs: number, audit: Audit): void {
    const aheads = this.#kills.map(({ fromWallMs }) => fromWallMs - endWallMs)
    audit.completeKilled += 1
    audit.completeKilledAheadMs = Math.max(audit.completeKilledAheadMs, ...aheads)
  }

  #succeeded({ id }: Decision): boolean {
    return this.#outcomes.get(id)?.outcome.ok === true
  }

  #checkSuccesses(job: JobRecord, audit: Audit): void {
    const { id, asking, decisions } = job
    const successes = decisions.filter((each) => this.#succeeded(each))
    if (successes.length > 1) this.#violations.push(`job ${id} (${nameOf(asking)}) has ${successes.length} successes`)
    if (asking?.ending.kind === 'complete') this.#checkComplete({ ...job, asking }, successes.length, audit)
    else if (successes.length > 0) this.#checkUnheard(job, successes[0], audit)
  }

  /** A success that was no complete answer. */
  #checkUnheard({ id, asking }: JobRecord, success: Decision, audit: Audit): void {
    const endMs = this.#outcomes.get(success.id)?.atMs ?? 0
    if (asking?.ending.kind === 'left') audit.matched.left += 1
    else if (this.#nearKill(endMs)) audit.matched.killed += 1
    else this.#violations.push(`job ${id} (${nameOf(asking)}) succeeded, and its client did not get the answer`)
  }

  #checkComplete({ id, asking, decisions }: JobRecord & { readonly asking: Asking }, successes: number, audit: Audit): void {
    const failed = decisions.filter((each) => this.#outcomes.get(each.id)?.outcome.ok === false).length
    if (successes === 1) audit.matched.complete += 1
    else if (this.#nearKill(asking.endWallMs)) this.#countKilled(asking.endWallMs, audit)
    else this.#violations.push(`job ${id} (${asking.question.nonce}) was answered and has ${successes} successes`)
    if (asking.answers.length > 1 && failed === 0) this.#violations.push(`job ${id} was gone on with and has no failure`)
    if (failed > 0) audit.retried += 1
    if (decisions.some((each) => this.#overlaps(each, decisions))) audit.hedged += 1
  }

  /** Whether another attempt at the job was under way at the same time. */
  #overlaps(decision: Decision, all: readonly Decision[]): boolean {
    const endMs = this.#outcomes.get(decision.id)?.atMs ?? Infinity
    return all.some((other) => other.attempt > decision.attempt && other.atMs < endMs)
  }

  #checkOpen({ id, asking, decisions }: JobRecord, audit: Audit): void {
    for (const decision of decisions) {
      if (this.#outcomes.has(decision.id)) continue
      const pairs = decisions.filter((other) => other !== decision && this.#outcomes.has(other.id))
      const raced = pairs.some((other) => this.#overlaps(decision, [other]) || this.#overlaps(other, [decision]))
      if (raced) audit.open.hedgeLosers += 1
      else if (asking?.ending.kind === 'left') audit.open.left += 1
      else if (this.#cutByKill(decision, asking)) audit.open.killed += 1
      else this.#violations.push(`decision ${decision.id} of job ${id} (${asking?.ending.kind ?? 'no answer'}) has no outcome`)
    }
  }

  /** It was made before a kill, and its client saw no end before that. */
  #cutByKill({ atMs, deadlineMs }: Decision, asking: Asking | undefined): boolean {
    return this.#kills.some(
      ({ fromWallMs }) =>
        atMs <= fromWallMs + KILL_MARGIN_MS &&
        atMs >= fromWallMs - deadlineMs - KILL_MARGIN_MS &&
        (asking === undefined || asking.endWallMs >= fromWallMs - KILL_MARGIN_MS)
    )
  }
}

/** Reads a journal that nobody has open and holds it against what the clients saw. */
export async function auditJournal(location: string, askings: readonly Asking[], aways: readonly Away[]): Promise<Audit> {
  const auditor = new Auditor(aways)
  await auditor.read(location)
  return auditor.audit(askings)
}
