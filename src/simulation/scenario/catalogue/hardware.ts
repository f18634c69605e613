import type { BehaviourSpec, PeerGroup, Scenario } from '../scenario.ts'
import { MEASURED_FLEET, part, roundTripOf } from './fleet.ts'
import { scenarioOf } from './pool.ts'

const { model, machines } = MEASURED_FLEET

interface Difference {
  readonly gpuModel?: string
  readonly vramGb?: number
  readonly behaviours?: readonly BehaviourSpec[]
}

/** Every machine of the measured fleet: it names its GPU, says nothing of its speed, and has what is different about it. */
function measuredPeers(differences: (peer: number) => Difference = () => ({})): PeerGroup[] {
  return machines.map(({ gpu, vramGb, tokensPerSecond }, peer) => {
    const { behaviours = [], ...claims } = differences(peer)
    return {
      name: `machine-${peer + 1}`,
      tokensPerSecond,
      rttMs: roundTripOf(peer),
      claims: { tokensPerSecond: 0, gpuModel: gpu, vramGb, ...claims },
      behaviours
    }
  })
}

/** Jobs in which every machine can be met some twenty times. */
const JOBS = 800

/** Every third machine is always there; of the others each has its share of the time. */
function comingAndGoing(peer: number): readonly BehaviourSpec[] {
  return peer % 3 === 0 ? [] : [{ kind: 'churn', uptimeRatio: 0.3 + 0.6 * part(peer, 13), cycleMs: 60_000 }]
}

const FASTEST = { gpuModel: 'NVIDIA GeForce RTX 4090', vramGb: 24 }

/** The measured fleet, all of it new. */
function measured(name: string, description: string, differences?: (peer: number) => Difference): Scenario {
  return scenarioOf({
    name,
    description,
    model,
    peers: measuredPeers(differences),
    jobs: JOBS,
    probeIntervalMs: 5_000,
    utilisation: 0.5
  })
}

/** Machines whose speed nobody knows but by the name of their hardware. */
export const HARDWARE: readonly Scenario[] = [
  measured(
    'cold-start-unclaimed',
    'forty machines as people measured them, new and all at once; they name their GPU and claim no speed'
  ),
  measured('churn-unclaimed', 'as cold-start-unclaimed, and two thirds of the machines come and go every minute', (peer) => ({
    behaviours: comingAndGoing(peer)
  })),
  measured(
    'false-names',
    'as cold-start-unclaimed, and every other of the slower machines says that it has a fast GPU',
    (peer) => (peer % 2 === 0 && peer < machines.length / 2 ? FASTEST : {})
  )
]
