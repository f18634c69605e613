import { PeerbanditError } from '../../core/errors.ts'
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
  placedRoundTrip,
  plainNature,
  present,
  slowStart,
  speedFlips,
  stalling,
  type TimeSpan,
  uniformRoundTrip
} from './behaviours.ts'
import { namesOf } from '../scenario/check-scenario.ts'
import { type BatchingEngineOptions, capacityTokensPerSecond } from '../engine/engine-options.ts'
import { NO_FILES, type ScenarioFiles } from '../scenario/scenario-files.ts'
import type { BehaviourSpec, PeerGroup, ResolvedScenario, RunShare } from '../scenario/scenario.ts'

interface Circumstances {
  readonly seed: number
  /** From the first arrival to the last. */
  readonly run: TimeSpan
  /** @default none: the scenario names none */
  readonly files?: ScenarioFiles
}

interface PeerCircumstances extends Required<Circumstances> {
  readonly name: string
  /** Which peer of the scenario it is, from 0. */
  readonly position: number
}

/** As many of the entries, each once, in an order that the seed decides. */
function drawOf<T>(entries: readonly T[], count: number, ...seed: readonly (string | number)[]): T[] {
  const rng = pcg32(seedFrom('places', ...seed))
  const left = [...entries]
  return Array.from({ length: count }, () => left.splice(Math.floor(rng.next() * left.length), 1)[0])
}

/** An entry of a list of a file for a peer: no entry twice as long as there are enough. */
function drawn<T>(entries: readonly T[], path: string, { seed, position }: PeerCircumstances): T {
  const nth = position % entries.length
  return drawOf(entries, nth + 1, seed, path)[nth]
}

/** An entry of a file that has been read. @throws ERR_INVALID_OPTION for one that has not */
function contents<T>(files: ReadonlyMap<string, T>, path: string): T {
  const found = files.get(path)
  if (found === undefined) throw new PeerbanditError('ERR_INVALID_OPTION', `files must have ${path}, which the scenario names`)
  return found
}

function roundTripOf({ rttMs }: PeerGroup, about: PeerCircumstances): PeerNature['roundTripMs'] {
  const rng = pcg32(seedFrom('round trip', about.seed, about.name))
  if (!('matrix' in rttMs)) return uniformRoundTrip(rng, rttMs)
  const row = drawn(contents(about.files.matrices, rttMs.matrix), rttMs.matrix, about)
  const toRouters = drawOf(row, row.length, about.seed, rttMs.matrix, 'routers')
  return placedRoundTrip(rng, toRouters, rttMs.jitterRatio ?? 0)
}

function sessionsOf(
  { path, timeFactor = 1 }: Extract<BehaviourSpec, { readonly kind: 'session-list' }>,
  about: PeerCircumstances
): TimeSpan[] {
  return drawn(contents(about.files.sessionLists, path), path, about).map(({ fromMs, toMs }) =>
    later({ fromMs: fromMs * timeFactor, toMs: toMs * timeFactor }, about.run.fromMs)
  )
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
  'speed-flips': (spec, { rng }) => speedFlips(Math.floor(rng.next() * 2 ** 32), spec),
  'session-list': (spec, about) => present(sessionsOf(spec, about)),
  sessions: (spec, { run }) => absent(spec.away.map((span) => later(span, run.fromMs))),
  'fail-fast': (spec, { run }) => answering({ failsAfterMs: spec.afterMs ?? 0 }, spanOf(spec, run), spec.workloadClass),
  'black-hole': (spec, { run }) => answering('nothing', spanOf(spec, run), spec.workloadClass),
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

/** What a scenario has for all its peers. */
type ForAll = Pick<ResolvedScenario, 'frameMs' | 'model'>

function natureOf(
  group: PeerGroup,
  { frameMs, model }: ForAll,
  departures: readonly TimeSpan[],
  about: PeerCircumstances
): PeerNature {
  const { claims, behaviours = [], tokensPerSecond } = group
  const plain = plainNature(
    { ...engineOf(group), name: about.name, frameMs, seed: about.seed },
    {
      roundTripMs: roundTripOf(group, about),
      claims: { models: [model], tokensPerSecond, gpuModel: '', vramGb: 0, loadRatio: 0, ...claims }
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
export function peerPlan(scenario: ResolvedScenario, { seed, run, files = NO_FILES }: Circumstances): PeerNature[] {
  const peers = scenario.peers.flatMap((group) => namesOf(group).map((name) => ({ group, name })))
  const departures = departuresOf(
    scenario,
    peers.map(({ name }) => name),
    { seed, run }
  )
  return peers.map(({ group, name }, position) =>
    natureOf(group, scenario, departures.get(name) ?? [], { seed, run, files, name, position })
  )
}

const CAPACITY_SAMPLES = 500

/**
 * What the peers can really do in a run, tokens/s: at their speeds of the time, while they are there and run what they get. One that
 * refuses jobs of a class counts in full.
 */
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
