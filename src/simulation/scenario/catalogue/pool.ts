import { SEED_PROFILES } from '../../engine/profiles.ts'
import type { BehaviourSpec, PeerGroup, Scenario } from '../scenario.ts'

type ProfileName = (typeof SEED_PROFILES)[number]['name']

/** From one departure to the next. */
const CHURN_CYCLE_MS = 120_000

/** How many jobs a built-in scenario has: enough for the tail, few enough for thousands of runs in an hour. */
const JOBS = 1_000

/** What the unreliable peers say of themselves: more than the best of the pool can do. */
export const LIE = { gpuModel: 'RTX 4090', tokensPerSecond: 180, vramGb: 24, loadRatio: 0 }

interface Difference {
  readonly claims?: PeerGroup['claims']
  readonly behaviours?: readonly BehaviourSpec[]
}

/** Two peers of each of the seed's profiles, there for their share of the time, with what is different about some of them. */
export function seedPool(differences: (profile: ProfileName) => Difference = () => ({})): PeerGroup[] {
  return SEED_PROFILES.map((profile) => {
    const { claims, behaviours = [] } = differences(profile.name)
    return {
      name: kebab(profile.name),
      count: 2,
      tokensPerSecond: profile.tokensPerSecond,
      slots: profile.slots,
      failureRatio: profile.failureRatio,
      rttMs: profile.rttMs,
      claims: claims ?? {
        tokensPerSecond: profile.tokensPerSecond,
        loadRatio: profile.loadRatio,
        gpuModel: profile.gpuModel,
        vramGb: profile.vramGb
      },
      behaviours: [{ kind: 'churn', uptimeRatio: profile.uptimeRatio, cycleMs: CHURN_CYCLE_MS }, ...behaviours]
    }
  })
}

/** The speeds of the profiles in reverse order: the fastest becomes as slow as the slowest was. */
export function reversedSpeedFactor(profile: ProfileName): number {
  const bySpeed = SEED_PROFILES.toSorted((a, b) => a.tokensPerSecond - b.tokensPerSecond)
  const rank = bySpeed.findIndex(({ name }) => name === profile)
  return bySpeed[bySpeed.length - 1 - rank].tokensPerSecond / bySpeed[rank].tokensPerSecond
}

/**
 * In the planning study every router heard from each of its ten peers once a second; pools and numbers of routers that are much larger
 * say otherwise.
 */
const PROBE_INTERVAL_MS = 1_000

type About = Pick<Scenario, 'name' | 'description' | 'peers'> & Partial<Scenario>

/** A scenario with the fitted workload at this utilisation, or with a workload of its own. */
export function scenarioOf(about: About & ({ readonly utilisation: number } | Pick<Scenario, 'workload'>)): Scenario {
  const { utilisation = 1, ...fields } = { utilisation: undefined, ...about }
  return {
    format: 'peerbandit-scenario',
    version: 1,
    workload: { kind: 'fitted', utilisation },
    probeIntervalMs: PROBE_INTERVAL_MS,
    ...(fields.durationMs === undefined ? { jobs: JOBS } : {}),
    ...fields
  }
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}
