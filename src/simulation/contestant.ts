import { basename } from 'node:path'
import { PeerbanditError } from '../core/errors.ts'
import { pcg32, seedFrom } from '../core/rng.ts'
import { SHIPPED_MODEL, throughputModelIn } from './hardware-model.ts'
import { POLICY_NAMES, type PolicyName } from '../bandit/policies.ts'
import { ALGORITHMS } from '../scoring/algorithms.ts'
import { PREDICTIVE } from '../prediction/predictive.ts'
import { PER_TOKEN } from '../scoring/per-token.ts'
import type { SelectionOptions } from '../selector/selection.ts'
import { ABLATIONS } from './ablations.ts'
import { type Bound, BOUNDS, type TrueOutputTokens } from './rivals/omniscient.ts'
import { RIVALS } from './rivals/catalogue.ts'
import type { Rival } from './rivals/rival.ts'
import type { VirtualPeer } from './virtual/virtual-peer.ts'

/** The run that a contestant takes part in. Only bounds look at it. */
interface Arena {
  readonly peers: readonly VirtualPeer[]
  readonly outputTokensOf: TrueOutputTokens
}

interface RouterIdentity {
  readonly routerId: string
  readonly seed: number
  /** How many there are of them. */
  readonly routers: number
}

/** What it is: a policy over the usual arms, one arm alone, the usual selector without one of its parts, another system's rule, or what knows the truth. */
export type ContestantKind = 'policy' | 'arm' | 'ablation' | 'rival' | 'bound'

/** What makes a selection of a contestant. */
export type ContestantOptions = Pick<SelectionOptions, 'policy' | 'rankers' | 'prediction' | 'maxExpectedLoss' | 'throughput'>

/** Something that chooses peers in a simulation: a policy over the usual arms, a rival, or a bound. */
export interface Contestant {
  readonly id: string
  readonly kind: ContestantKind
  readonly title: string
  /** What makes a selection of it, for one router. */
  selection(arena: Arena, router: RouterIdentity): ContestantOptions
}

function policyContestant(policy: PolicyName, title: string): Contestant {
  const kind = policy.startsWith(oneArm('')) ? 'arm' : 'policy'
  return { id: policy, kind, title, selection: () => ({ policy }) }
}

function oneArm(id: string): PolicyName {
  return `fixed:${id}`
}

function rivalContestant(rival: Rival): Contestant {
  return {
    id: rival.id,
    kind: 'rival',
    title: rival.title,
    selection: (_arena, { routerId, seed, routers }) => ({
      policy: oneArm(rival.id),
      // It is given nothing of it.
      prediction: false,
      rankers: ({ table, clock }) => [rival.create({ table, clock, routers, rng: pcg32(seedFrom('rival', seed, routerId)) })]
    })
  }
}

function boundContestant(bound: Bound): Contestant {
  return {
    id: bound.id,
    kind: 'bound',
    title: bound.title,
    selection: ({ peers, outputTokensOf }) => ({
      policy: oneArm(bound.id),
      prediction: false,
      rankers: () => [bound.create(peers, outputTokensOf)]
    })
  }
}

/** "throughput:NAME.json" is the usual selector with that model of hardware. */
const WITH_MODEL = 'throughput:'

function modelContestant(id: string): Contestant {
  const file = modelFileOf(id) ?? SHIPPED_MODEL
  return {
    id,
    kind: 'policy',
    title: `The policy "thompson", where newcomers start from what ${basename(file)} expects of their hardware`,
    selection: () => ({ policy: 'thompson', throughput: throughputModelIn(file) })
  }
}

/** The model that a contestant reads; undefined for one that reads none. */
export function modelFileOf(id: string): string | undefined {
  if (!id.startsWith(WITH_MODEL)) return undefined
  const name = id.slice(WITH_MODEL.length)
  return name === 'default' ? SHIPPED_MODEL : name
}

/** All that {@link contestantOf} knows by name. */
export const CONTESTANTS: readonly Contestant[] = [
  ...POLICY_NAMES.map((name) => policyContestant(name, `The policy "${name}" over the usual arms`)),
  ...ALGORITHMS.map(({ id, title }) => policyContestant(oneArm(id), `The weights "${title ?? id}" alone`)),
  policyContestant(oneArm(PER_TOKEN), 'The per-token rule alone'),
  policyContestant(oneArm(PREDICTIVE), 'The predictive arm alone'),
  modelContestant(`${WITH_MODEL}default`),
  ...ABLATIONS.map(({ id, title, options }) => ({ id, kind: 'ablation' as const, title, selection: () => options })),
  ...RIVALS.map(rivalContestant),
  ...BOUNDS.map(boundContestant)
]

/** @throws ERR_INVALID_OPTION for a name that is none of them; ERR_MODEL for a model that cannot be read */
export function contestantOf(name: string): Contestant {
  const contestant = CONTESTANTS.find(({ id }) => id === name)
  if (contestant !== undefined) return contestant
  const model = modelFileOf(name)
  if (model !== undefined) {
    // One that cannot be read is found before anything runs.
    throughputModelIn(model)
    return modelContestant(name)
  }
  const known = `${CONTESTANTS.map(({ id }) => id).join(', ')} or ${WITH_MODEL}FILE.json`
  throw new PeerbanditError('ERR_INVALID_OPTION', `policy must be one of ${known}, got "${name}"`)
}
