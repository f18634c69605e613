import { type Clock, systemClock } from '../core/clock.ts'
import { createPolicy, type PolicyName, type PolicyOrigin } from '../bandit/policies.ts'
import type { Policy } from '../bandit/policy.ts'
import { type HealthGate, healthGate, type HealthOptions } from '../health/health-gate.ts'
import type { Journal } from '../journal/journal.ts'
import { type PeerTable, peerTable } from '../peer/peer-table.ts'
import type { Ranker } from '../peer/ranker.ts'
import type { Algorithm } from '../scoring/algorithms.ts'
import { PER_TOKEN, perTokenRanker } from '../scoring/per-token.ts'
import { PREDICTIVE, predictiveRanker } from '../prediction/predictive.ts'
import type { Hearsay } from '../prediction/hearsay.ts'
import { noPredictor } from '../prediction/no-predictor.ts'
import { predictor } from '../prediction/predictor.ts'
import type { ThroughputModel } from '../throughput/throughput-model.ts'
import type { Predictor, PredictorComponents, PredictorOptions } from '../prediction/predictor-types.ts'
import { type Scoreboard, scoreboard } from '../scoring/scoreboard.ts'
import { type LearnedState, learnedState } from './learned-state.ts'
import { type PeerManager, peerManager } from './peer-manager.ts'
import { type Selector, selector, type SelectorOptions } from './selector.ts'
import { type ThroughputPrior, throughputPrior } from './throughput-prior.ts'

export interface SelectionOptions extends SelectorOptions {
  /** Who picks among the arms. @default "thompson" */
  readonly policy?: PolicyName
  /** Weight tables in place of the eight of the seed. */
  readonly algorithms?: readonly Algorithm[]
  readonly health?: HealthOptions
  /** False for none: then decisions expect the same of every peer, and no arm may depend on it. */
  readonly prediction?: Omit<PredictorOptions, 'objectives'> | false
  /** What is known of hardware: where peers that were never seen start from. @default their claims, and what became of those of others */
  readonly throughput?: ThroughputModel
  /** The arms in place of, or beside, the usual ones. @default the scoreboard's algorithms and the per-token rule */
  readonly rankers?: (components: RankerComponents) => readonly Ranker[]
}

/** What rankers are made of. */
interface RankerComponents {
  readonly table: PeerTable
  readonly scoreboard: Scoreboard
  readonly predictor: Predictor
  readonly clock: Clock
}

export interface SelectionComponents {
  readonly clock?: Clock
  /** Where decisions, outcomes and what was learned go. Without one nothing is kept. */
  readonly journal?: Journal
  /** Takes a line for whoever runs this: the throughput model is given up for a while, or used again. @default nobody */
  readonly announce?: (line: string) => void
  /** What other routers tell of peers that this one never used. @default nobody is listened to */
  readonly hearsay?: Hearsay
}

/** Everything that decides and learns, put together; only the network is missing. */
export interface Selection {
  readonly table: PeerTable
  readonly scoreboard: Scoreboard
  readonly predictor: Predictor
  readonly policy: Policy
  readonly selector: Selector
  /** What ranks the candidates; together they have the arms of the policy, in the same order. */
  readonly rankers: readonly Ranker[]
  readonly health: HealthGate
  readonly manager: PeerManager
  /** What is made of the throughput model, and where another one is put in its place. */
  readonly throughput: ThroughputPrior
  /** Present with a journal. */
  readonly learned?: LearnedState
}

function originOf(arms: readonly string[], { routerId = 'router' }: SelectionOptions): PolicyOrigin {
  const fallbackArm = [PREDICTIVE, PER_TOKEN].find((arm) => arms.includes(arm))
  return fallbackArm === undefined ? { routerId } : { routerId, fallbackArm }
}

type PredictionOptions = Pick<SelectionOptions, 'prediction' | 'objectives'>

interface PredictorParts extends Omit<PredictorComponents, 'hearsay'> {
  readonly hearsay: Hearsay | undefined
}

function predictorOf({ hearsay, ...parts }: PredictorParts, { prediction, objectives = {} }: PredictionOptions): Predictor {
  if (prediction === false) return noPredictor
  return predictor(hearsay === undefined ? parts : { ...parts, hearsay }, { ...prediction, objectives })
}

function usualRankers({ scoreboard, predictor }: RankerComponents): Ranker[] {
  const perToken = perTokenRanker()
  return [scoreboard, perToken, predictiveRanker(predictor, perToken)]
}

/**
 * The usual selector: the eight algorithms and the per-token rule as arms, under a policy.
 * @throws ERR_INVALID_OPTION, ERR_INVALID_WEIGHTS
 */
export function createSelection(components: SelectionComponents = {}, options: SelectionOptions = {}): Selection {
  const { clock = systemClock, journal, announce, hearsay } = components
  const { policy: name = 'thompson', algorithms, health, rankers: makeRankers = usualRankers, ...selectorOptions } = options
  const table = peerTable()
  const board = scoreboard(table, algorithms === undefined ? {} : { algorithms })
  const throughput = throughputPrior(options.throughput, announce === undefined ? {} : { announce })
  const predicts = predictorOf({ table, prior: throughput, hearsay }, options)
  const rankers = makeRankers({ table, scoreboard: board, predictor: predicts, clock })
  const arms = rankers.flatMap((ranker) => ranker.arms)
  const policy = createPolicy(name, arms, originOf(arms, options))
  const gate = healthGate(table, health)
  const parts = { table, policy, predictor: predicts, clock }
  const chosen = selector({ ...parts, rankers, health: gate, ...(journal === undefined ? {} : { journal }) }, selectorOptions)
  return {
    table,
    scoreboard: board,
    predictor: predicts,
    policy,
    selector: chosen,
    rankers,
    health: gate,
    manager: peerManager({ table, scoreboard: board, clock }),
    throughput,
    ...(journal === undefined ? {} : { learned: learnedState({ ...parts, journal, selector: chosen, throughput }) })
  }
}
