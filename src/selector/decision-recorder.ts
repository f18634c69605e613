import { pcg32, seedFrom } from '../core/rng.ts'
import type { Policy } from '../bandit/policy.ts'
import type { ArmVote, Decision } from '../job/decision.ts'
import type { Job } from '../job/job.ts'
import type { Predictor, Prospect } from '../prediction/predictor-types.ts'
import type { ArmId, CandidateView } from '../peer/ranker.ts'
import type { Exclusions } from './candidates.ts'
import { applyGuardrail } from './guardrail.ts'
import { knownOfPeer } from './known-of-peer.ts'

/** With more candidates than this only those that an arm recommends are named in the record. */
const MAX_NAMED_CANDIDATES = 64

/** The random numbers of one decision, reproducible from its record. */
export interface Draw {
  readonly id: string
  readonly u: number
  readonly tieBreak: number
  /** For rankers, 32 bits. */
  readonly noise: number
  readonly seed: string
  readonly stream: string
}

export interface DecisionParts {
  readonly job: Job
  readonly attempt: number
  readonly view: CandidateView
  readonly excluded: Exclusions
  /** Index into the view of each arm's first choice. */
  readonly choices: Int32Array
  /** As the policy has them; the guardrail changes them. */
  readonly propensities: Float64Array
  readonly draw: Draw
}

interface RecorderOptions {
  readonly routerId: string
  readonly seed: bigint
  readonly arms: readonly ArmId[]
  readonly maxExpectedLoss: number
  /** Whether decisions are written down, with what is known of the peer. */
  readonly journalled: boolean
}

/** Draws the arm and writes down everything that learning and off-policy evaluation need later. */
export class DecisionRecorder {
  readonly #policy: Policy
  readonly #predictor: Predictor
  readonly #options: RecorderOptions
  readonly #seed: string
  #count = 0

  constructor(components: { readonly policy: Policy; readonly predictor: Predictor }, options: RecorderOptions) {
    this.#policy = components.policy
    this.#predictor = components.predictor
    this.#options = options
    this.#seed = options.seed.toString()
  }

  draw(atMs: number): Draw {
    const { routerId, seed } = this.#options
    const id = `${String(Math.max(0, Math.floor(atMs))).padStart(13, '0')}-${(this.#count++).toString(36).padStart(6, '0')}-${routerId}`
    const stream = seedFrom(id) >> 1n
    const rng = pcg32(seed, stream)
    return { id, u: rng.next(), tieBreak: rng.next(), noise: rng.nextUint32(), seed: this.#seed, stream: stream.toString() }
  }

  /** Arms often agree; each peer is asked about once. */
  #prospects(view: CandidateView, choices: Int32Array, job: Job): Prospect[] {
    const known = new Map<number, Prospect>()
    const prospects: Prospect[] = []
    for (const choice of choices) {
      const prospect = known.get(choice) ?? this.#predictor.prospect(view.rows[choice], job, view)
      known.set(choice, prospect)
      prospects.push(prospect)
    }
    return prospects
  }

  record({ job, attempt, view, excluded, choices, propensities, draw }: DecisionParts): Decision {
    const { table, rows, count, atMs } = view
    const peers = this.#options.arms.map((_, i) => table.peerAt(rows[choices[i]]))
    const prospects = this.#prospects(view, choices, job)
    applyGuardrail(propensities, prospects, this.#options.maxExpectedLoss)
    const votes = this.#options.arms.map((arm, i): ArmVote => ({
      arm,
      peer: peers[i],
      propensity: propensities[i],
      expectedReward: prospects[i].reward
    }))
    const arm = armAt(propensities, draw.u)
    const chosen = votes[arm]
    const known = this.#options.journalled ? { known: knownOfPeer(table.evidence(rows[choices[arm]], atMs)) } : {}
    return {
      id: draw.id,
      jobId: job.id,
      attempt,
      atMs,
      routerId: this.#options.routerId,
      policy: this.#policy.id,
      model: job.model,
      workloadClass: job.workloadClass,
      promptTokens: job.promptTokens,
      expectedOutputTokens: job.expectedOutputTokens,
      deadlineMs: job.deadlineMs,
      candidateCount: count,
      candidates: namedCandidates(view, votes),
      excluded,
      votes,
      arm: chosen.arm,
      peer: chosen.peer,
      armPropensity: chosen.propensity,
      peerPropensity: marginalPropensity(votes, chosen.peer),
      ...known,
      draw: { u: draw.u, seed: draw.seed, stream: draw.stream }
    }
  }
}

/** The arm whose share of [0, 1) holds u. Rounding may leave a sliver at the top: it belongs to the last arm that has a share. */
function armAt(propensities: Float64Array, u: number): number {
  let sum = 0
  let last = 0
  for (let i = 0; i < propensities.length; i++) {
    if (!(propensities[i] > 0)) continue
    sum += propensities[i]
    last = i
    if (u < sum) return i
  }
  return last
}

function marginalPropensity(votes: readonly ArmVote[], peer: string): number {
  let sum = 0
  for (const vote of votes) if (vote.peer === peer) sum += vote.propensity
  return Math.min(1, sum)
}

function namedCandidates({ table, rows, count }: CandidateView, votes: readonly ArmVote[]): string[] {
  if (count > MAX_NAMED_CANDIDATES) return [...new Set(votes.map((vote) => vote.peer))]
  const names: string[] = []
  for (let i = 0; i < count; i++) names.push(table.peerAt(rows[i]))
  return names
}
