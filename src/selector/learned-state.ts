import type { Clock } from '../core/clock.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Policy, PolicySnapshot } from '../bandit/policy.ts'
import type { Decision } from '../job/decision.ts'
import type { Journal } from '../journal/journal.ts'
import type { PeerTable } from '../peer/peer-table.ts'
import type { Predictor } from '../prediction/predictor-types.ts'
import type { Selector } from './selector.ts'
import type { ThroughputPrior } from './throughput-prior.ts'

export interface LearnedStateComponents {
  readonly journal: Journal
  readonly selector: Selector
  readonly table: PeerTable
  readonly policy: Policy
  readonly predictor: Predictor
  readonly throughput: Pick<ThroughputPrior, 'snapshot' | 'restore'>
  readonly clock: Clock
}

export interface Restored {
  /** Outcomes that the state contains now: all that the journal ever held. */
  readonly outcomes: number
  /** How many of them came after the last snapshot and were read back one by one. */
  readonly replayed: number
}

/** Keeps what was learned across restarts: snapshots in the journal, and the outcomes since the last one. */
export interface LearnedState {
  /** Goes on from where the journal left off. Call once, before the first decision. @throws ERR_SNAPSHOT, ERR_JOURNAL_CORRUPT */
  restore(): Promise<Restored>
  /** Writes what is known now. */
  checkpoint(): Promise<void>
}

const VERSION = 2

interface Parts {
  /** The first had none, and nothing of a throughput model. */
  readonly version?: typeof VERSION
  readonly peers: unknown
  readonly prediction: unknown
  readonly policies: Readonly<Record<string, PolicySnapshot>>
  readonly throughput?: unknown
}

const KIND = 'learned'

export function learnedState(components: LearnedStateComponents): LearnedState {
  const { journal, selector, table, policy, predictor, throughput, clock } = components
  // State of policies that do not run now is carried along, so that switching back finds it again; so is that of a model.
  let policies: Record<string, PolicySnapshot> = {}
  let overModel: unknown

  async function replayAfter(sequence: number): Promise<number> {
    let replayed = 0
    for await (const record of journal.outcomes({ afterSequence: sequence })) {
      const decision = await journal.decision(record.decisionId)
      if (decision === undefined || !hasArms(decision, policy)) continue
      selector.replay(decision, record)
      replayed += 1
    }
    return replayed
  }

  return {
    async restore() {
      const snapshot = await journal.loadSnapshot(KIND)
      if (snapshot !== undefined) {
        const parts = checkParts(snapshot.state)
        table.restore(parts.peers)
        // Before the throughput model's: the peers' paces teach its head, and would teach it twice.
        predictor.restore(parts.prediction)
        overModel = parts.throughput
        if (overModel !== undefined) throughput.restore(overModel)
        policies = { ...parts.policies }
        const own = parts.policies[policy.id]
        if (own !== undefined) policy.merge(own)
      }
      const replayed = await replayAfter(snapshot?.throughSequence ?? 0)
      return { outcomes: journal.lastSequence(), replayed }
    },
    async checkpoint() {
      const atMs = clock.wall()
      policies[policy.id] = policy.snapshot()
      overModel = throughput.snapshot() ?? overModel
      const state: Parts = {
        version: VERSION,
        peers: table.snapshot(atMs),
        prediction: predictor.snapshot(),
        policies: { ...policies },
        ...(overModel !== undefined && { throughput: overModel })
      }
      await journal.saveSnapshot({ kind: KIND, atMs, throughSequence: journal.lastSequence(), state })
    }
  }
}

/** Decisions among other arms, from before a change of configuration, say nothing about these. */
function hasArms({ votes }: Decision, { arms }: Policy): boolean {
  return votes.length === arms.length && votes.every(({ arm }, i) => arm === arms[i])
}

function checkParts(state: unknown): Parts {
  const parts = state as Partial<Parts> | null
  const version: unknown = parts?.version ?? 1
  if (version !== 1 && version !== VERSION) {
    throw new PeerbanditError('ERR_SNAPSHOT', `the snapshot of what was learned: got v${String(version)}, expected v${VERSION}`)
  }
  if (parts?.peers === undefined || parts.prediction === undefined || parts.policies === undefined) {
    throw new PeerbanditError('ERR_SNAPSHOT', 'the snapshot of what was learned lacks peers, prediction or policies')
  }
  return parts as Parts
}
