import { pcg32, type Rng, seedFrom } from '../../core/rng.ts'
import {
  absences,
  absent,
  answering,
  type Behaviour,
  changedSpeed,
  driftingRoundTrip,
  hiddenLoad,
  isWithin,
  misreporting,
  type PeerNature,
  plainNature,
  slowStart,
  stalling,
  type TimeSpan,
  uniformRoundTrip
} from './behaviours.ts'
import { namesOf } from '../scenario/check-scenario.ts'
import { type BatchingEngineOptions, capacityTokensPerSecond } from '../engine/engine-options.ts'
import type { BehaviourSpec, PeerGroup, ResolvedScenario, RunShare } from '../scenario/scenario.ts'

/** The one model that everybody serves. */
export const SIMULATED_MODEL = 'model'

interface Circumstances {
  readonly seed: number
  /** From the first arrival to the last. */
  readonly run: TimeSpan
}

interface PeerCircumstances extends Circumstances {
  readonly name: string
}

function spanOf({ fromRatio = 0, toRatio = 1 }: RunShare, { fromMs, toMs }: TimeSpan): TimeSpan {
  const at = (ratio: number) => fromMs + ratio * (toMs - fromMs)
  // What goes on until the end goes on until the last job is over.
  return { fromMs: at(fromRatio), toMs: toRatio === 1 ? Infinity : at(toRatio) }
}

function later({ fromMs, toMs }: TimeSpan, byMs: number): TimeSpan {
  return { fromMs: fromMs + byMs, toMs: toMs + byMs }
}

type Make<K extends BehaviourSpec['kind']> = (
  spec: Extract<BehaviourSpec, { readonly kind: K }>,
  about: PeerCircumstances & { readonly rng: Rng }
) => Behaviour

const BEHAVIOURS: { readonly [K in BehaviourSpec['kind']]: Make<K> } = {
  'hidden-load': (spec, { rng }) => hiddenLoad(rng, spec),
  speed: (spec, { run }) => changedSpeed(spec.factor, spanOf(spec, run)),
  'slow-start': (spec, { run }) => slowStart(spec, run.fromMs),
  'rtt-drift': (spec, { run }) => driftingRoundTrip(spec.factor, run),
  // Half as long again: jobs go on after the last arrival.
  churn: (spec, { run, rng }) => absent(absences(rng, spec, 1.5 * run.toMs)),
  sessions: (spec, { run }) => absent(spec.away.map((span) => later(span, run.fromMs))),
  'fail-fast': (spec, { run }) => answering('fails', spanOf(spec, run)),
  'black-hole': (spec, { run }) => answering('nothing', spanOf(spec, run)),
  stall: (spec, { seed }) => stalling(spec.ratio, seed),
  misreport: (spec) => misreporting(spec)
}

function behaviourOf(spec: BehaviourSpec, index: number, about: PeerCircumstances): Behaviour {
  const make = BEHAVIOURS[spec.kind] as Make<BehaviourSpec['kind']>
  return make(spec, { ...about, rng: pcg32(seedFrom('behaviour', about.seed, about.name, index)) })
}

/** A warm-up begins with every return, so it must know of all absences. */
function isSlowStart({ kind }: BehaviourSpec): boolean {
  return kind === 'slow-start'
}

function engineOf({ name, tokensPerSecond, slots, slowdown, queueLimit, failureRatio }: PeerGroup): BatchingEngineOptions {
  return {
    name,
    tokensPerSecond,
    ...(slots === undefined ? {} : { slots }),
    ...(slowdown === undefined ? {} : { slowdown }),
    ...(queueLimit === undefined ? {} : { queueLimit }),
    ...(failureRatio === undefined ? {} : { failureRatio })
  }
}

function natureOf(group: PeerGroup, frameMs: number, departures: readonly TimeSpan[], about: PeerCircumstances): PeerNature {
  const { rttMs, claims, behaviours = [], tokensPerSecond } = group
  const plain = plainNature(
    { ...engineOf(group), name: about.name, frameMs, seed: about.seed },
    {
      roundTripMs: uniformRoundTrip(pcg32(seedFrom('round trip', about.seed, about.name)), rttMs),
      claims: { models: [SIMULATED_MODEL], tokensPerSecond, gpuModel: '', vramGb: 0, loadRatio: 0, ...claims }
    }
  )
  const ordered = [...behaviours.filter((spec) => !isSlowStart(spec)), ...behaviours.filter(isSlowStart)]
  return ordered.reduce((nature, spec, index) => behaviourOf(spec, index, about)(nature), absent(departures)(plain))
}

/** Who leaves with others, and when: by name. */
function departuresOf(
  scenario: ResolvedScenario,
  names: readonly string[],
  { seed, run }: Circumstances
): Map<string, TimeSpan[]> {
  const leaving = new Map<string, TimeSpan[]>(names.map((name) => [name, []]))
  const rng = pcg32(seedFrom('departures', seed))
  for (const { atRatio, forMs, peersRatio } of scenario.departures) {
    const { fromMs } = spanOf({ fromRatio: atRatio }, run)
    const left = [...names]
    for (let count = Math.round(peersRatio * names.length); count > 0; count--) {
      const [name] = left.splice(Math.floor(rng.next() * left.length), 1)
      leaving.get(name)?.push({ fromMs, toMs: fromMs + forMs })
    }
  }
  return leaving
}

/** What all peers together could do if they were always there and nothing slowed them, tokens/s. */
export function nominalCapacity(scenario: ResolvedScenario): number {
  return scenario.peers.reduce((sum, group) => sum + (group.count ?? 1) * capacityTokensPerSecond(engineOf(group)), 0)
}

/** What every peer of a scenario is like in a run. The same seed and run give the same peers. */
export function peerPlan(scenario: ResolvedScenario, { seed, run }: Circumstances): PeerNature[] {
  const departures = departuresOf(scenario, scenario.peers.flatMap(namesOf), { seed, run })
  return scenario.peers.flatMap((group) =>
    namesOf(group).map((name) => natureOf(group, scenario.frameMs, departures.get(name) ?? [], { seed, run, name }))
  )
}

const CAPACITY_SAMPLES = 500

/** What the peers can really do in a run, tokens/s: at their speeds of the time, while they are there and run what they get. */
export function effectiveCapacity(natures: readonly PeerNature[], { fromMs, toMs }: TimeSpan): number {
  let sum = 0
  for (const { engine, speed, away, answer } of natures) {
    const capacity = capacityTokensPerSecond(engine)
    for (let i = 0; i < CAPACITY_SAMPLES; i++) {
      const atMs = fromMs + ((i + 0.5) / CAPACITY_SAMPLES) * (toMs - fromMs)
      if (!isWithin(away, atMs) && answer(atMs) === 'runs') sum += capacity * speed(atMs)
    }
  }
  return sum / CAPACITY_SAMPLES
}
