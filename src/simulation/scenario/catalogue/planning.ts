import type { BehaviourSpec, PeerGroup, Scenario } from '../scenario.ts'
import { LIE, reversedSpeedFactor, scenarioOf, seedPool } from './pool.ts'

/** Something else takes two thirds of a machine for 20 s in every 80. */
const HIDDEN_LOAD: BehaviourSpec = { kind: 'hidden-load', factor: 1 / 3, meanNormalMs: 60_000, meanSlowMs: 20_000 }

/** Some twenty minutes, so that what is learned at the start and after a change is a small part. */
const JOBS = 1_500

/** Every peer has hidden load; the unreliable ones claim to be the fastest. */
function hiddenPool(
  more: (profile: Parameters<typeof reversedSpeedFactor>[0]) => readonly BehaviourSpec[] = () => []
): PeerGroup[] {
  return seedPool((profile) => ({
    behaviours: [HIDDEN_LOAD, ...more(profile)],
    ...(profile === 'Unreliable' ? { claims: LIE } : {})
  }))
}

function steady(load: number, routers = 1): Scenario {
  const [suffix, who] = routers === 1 ? ['', 'one router'] : [`-${routers}`, `${routers} routers`]
  return scenarioOf({
    name: `steady-${load}${suffix}`,
    description: `honest peers, ${who}, ${load} % of what they can do`,
    peers: seedPool(),
    routers,
    jobs: JOBS,
    utilisation: load / 100
  })
}

/** The planning study's six regimes from easy to hard, and one between: load, hidden load, routers that share the peers, drift. */
export const PLANNING: readonly Scenario[] = [
  steady(40),
  steady(60),
  steady(80),
  steady(60, 8),
  scenarioOf({
    name: 'hidden-1',
    description: 'peers slow down without telling and two over-claim; one router',
    peers: hiddenPool(),
    jobs: JOBS,
    utilisation: 0.6
  }),
  scenarioOf({
    name: 'hidden-8',
    description: 'peers slow down without telling and two over-claim; eight routers share them',
    peers: hiddenPool(),
    routers: 8,
    jobs: JOBS,
    utilisation: 0.6
  }),
  scenarioOf({
    name: 'hidden-drift-8',
    description: 'as hidden-8, and half-way the slow peers become fast and the fast ones slow',
    peers: hiddenPool((profile) => [{ kind: 'speed', factor: reversedSpeedFactor(profile), fromRatio: 0.5 }]),
    routers: 8,
    jobs: JOBS,
    utilisation: 0.6
  })
]
