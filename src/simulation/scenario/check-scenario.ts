import { show } from '../../core/check.ts'
import { PeerbanditError } from '../../core/errors.ts'
import { type BehaviourSpec, type PeerGroup, type Scenario, SCENARIO_DEFAULTS, type ScenarioWorkload } from './scenario.ts'
import type { ResolvedScenario } from './scenario.ts'

type Check = (path: string, value: unknown) => void

function refuse(path: string, wanted: string, value: unknown): never {
  const shown = value === undefined ? 'nothing' : show(value)
  throw new PeerbanditError(
    'ERR_INVALID_OPTION',
    `${path} must be ${wanted}, got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}`
  )
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) < Infinity

const positive: Check = (path, value) => {
  if (!(isNumber(value) && value > 0)) refuse(path, 'a finite number above 0', value)
}
const atLeast0: Check = (path, value) => {
  if (!(isNumber(value) && value >= 0)) refuse(path, 'a finite number of at least 0', value)
}
const ratio: Check = (path, value) => {
  if (!(isNumber(value) && value >= 0 && value <= 1)) refuse(path, 'between 0 and 1', value)
}
const insideRatio: Check = (path, value) => {
  if (!(isNumber(value) && value > 0 && value < 1)) refuse(path, 'above 0 and below 1', value)
}
const integer =
  (least: number): Check =>
  (path, value) => {
    if (!(Number.isSafeInteger(value) && Number(value) >= least)) refuse(path, `an integer of at least ${least}`, value)
  }
const name: Check = (path, value) => {
  if (!(typeof value === 'string' && value !== '')) refuse(path, 'a string that is not empty', value)
}
const text: Check = (path, value) => {
  if (typeof value !== 'string') refuse(path, 'a string', value)
}
const exactly =
  (wanted: unknown): Check =>
  (path, value) => {
    if (value !== wanted) refuse(path, show(wanted), value)
  }
const optional =
  (check: Check): Check =>
  (path, value) => {
    if (value !== undefined) check(path, value)
  }
const listOf =
  (check: Check, least = 0): Check =>
  (path, value) => {
    if (!(Array.isArray(value) && value.length >= least)) {
      refuse(path, least > 0 ? `a list with at least ${least} entry` : 'a list', value)
    }
    value.forEach((item, index) => {
      check(`${path}[${index}]`, item)
    })
  }
const all =
  (...checks: readonly Check[]): Check =>
  (path, value) => {
    for (const check of checks) check(path, value)
  }

function asObject(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value)
  return value as Readonly<Record<string, unknown>>
}

/** Paths start with the file or the scenario: "scenario.json: peers[2].rttMs". */
function fieldPath(path: string, key: string): string {
  return path.endsWith(': ') ? `${path}${key}` : `${path}.${key}`
}

/** Checks every field that the type has, and that there is no other: a field with a typing error must not be passed over. */
const shape =
  <T>(checks: { readonly [K in keyof Required<T>]: Check }): Check =>
  (path, value) => {
    const object = asObject(path, value)
    for (const [key, check] of Object.entries<Check>(checks)) check(fieldPath(path, key), object[key])
    const known = Object.keys(checks)
    const other = Object.keys(object).find((key) => !known.includes(key))
    if (other !== undefined) refuse(fieldPath(path, other), `left out (the fields are ${known.join(', ')})`, object[other])
  }

/** One of several shapes, told apart by `kind`. */
const oneOfKinds =
  (kinds: Readonly<Record<string, Check>>): Check =>
  (path, value) => {
    const { kind } = asObject(path, value)
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (check === undefined) refuse(fieldPath(path, 'kind'), `one of ${Object.keys(kinds).join(', ')}`, kind)
    check(path, value)
  }

/** The second of two fields is not below the first, or above it. */
const rising =
  (from: string, to: string, defaults: Readonly<Record<string, number>> = {}, equal = false): Check =>
  (path, value) => {
    const object = asObject(path, value)
    const low = (object[from] ?? defaults[from]) as number
    const high = (object[to] ?? defaults[to]) as number
    if (!(equal ? high >= low : high > low)) {
      refuse(fieldPath(path, to), `${equal ? 'at least' : 'above'} ${from} (${low})`, high)
    }
  }

type Kind<Union extends { readonly kind: string }, K extends Union['kind']> = Extract<Union, { readonly kind: K }>
type CheckOfKind = { readonly [K in BehaviourSpec['kind']]: Check }

const runShare = { fromRatio: optional(ratio), toRatio: optional(ratio) }
const shareRises = rising('fromRatio', 'toRatio', { fromRatio: 0, toRatio: 1 })
const span = all(shape<{ fromMs: number; toMs: number }>({ fromMs: atLeast0, toMs: atLeast0 }), rising('fromMs', 'toMs'))

const behaviour = oneOfKinds({
  'hidden-load': shape<Kind<BehaviourSpec, 'hidden-load'>>({
    kind: text,
    factor: atLeast0,
    meanNormalMs: positive,
    meanSlowMs: positive
  }),
  speed: all(shape<Kind<BehaviourSpec, 'speed'>>({ kind: text, factor: atLeast0, ...runShare }), shareRises),
  'slow-start': shape<Kind<BehaviourSpec, 'slow-start'>>({ kind: text, factor: atLeast0, lastsMs: positive }),
  'rtt-drift': shape<Kind<BehaviourSpec, 'rtt-drift'>>({ kind: text, factor: atLeast0 }),
  churn: shape<Kind<BehaviourSpec, 'churn'>>({ kind: text, uptimeRatio: insideRatio, cycleMs: positive }),
  sessions: shape<Kind<BehaviourSpec, 'sessions'>>({ kind: text, away: listOf(span) }),
  'fail-fast': all(shape<Kind<BehaviourSpec, 'fail-fast'>>({ kind: text, ...runShare }), shareRises),
  'black-hole': all(shape<Kind<BehaviourSpec, 'black-hole'>>({ kind: text, ...runShare }), shareRises),
  stall: shape<Kind<BehaviourSpec, 'stall'>>({ kind: text, ratio }),
  misreport: shape<Kind<BehaviourSpec, 'misreport'>>({ kind: text, loadFactor: atLeast0, speedFactor: atLeast0 })
} satisfies CheckOfKind)

const workload = oneOfKinds({
  fitted: shape<Kind<ScenarioWorkload, 'fitted'>>({ kind: text, utilisation: positive }),
  trace: shape<Kind<ScenarioWorkload, 'trace'>>({ kind: text, path: name, utilisation: positive }),
  exponential: shape<Kind<ScenarioWorkload, 'exponential'>>({
    kind: text,
    promptTokens: atLeast0,
    outputTokens: positive,
    utilisation: positive
  })
} satisfies { readonly [K in ScenarioWorkload['kind']]: Check })

const peerGroup = shape<PeerGroup>({
  name,
  count: optional(integer(1)),
  tokensPerSecond: positive,
  slots: optional(integer(1)),
  slowdown: optional(atLeast0),
  queueLimit: optional(integer(0)),
  failureRatio: optional(ratio),
  rttMs: all(shape<PeerGroup['rttMs']>({ min: atLeast0, max: atLeast0 }), rising('min', 'max', {}, true)),
  claims: optional(
    shape<NonNullable<PeerGroup['claims']>>({
      tokensPerSecond: optional(atLeast0),
      loadRatio: optional(atLeast0),
      gpuModel: optional(text),
      vramGb: optional(atLeast0)
    })
  ),
  behaviours: optional(listOf(behaviour))
})

const scenario = shape<Scenario>({
  format: exactly('peerbandit-scenario'),
  version: exactly(1),
  name,
  description: text,
  peers: listOf(peerGroup, 1),
  workload,
  jobs: integer(2),
  routers: optional(integer(1)),
  peersPerRouter: optional(integer(1)),
  deadlineMs: optional(positive),
  probeIntervalMs: optional(positive),
  frameMs: optional(positive),
  departures: optional(
    listOf(shape<NonNullable<Scenario['departures']>[number]>({ atRatio: ratio, forMs: positive, peersRatio: ratio }))
  )
})

/** The names of a group's peers. */
export function namesOf({ name, count = 1 }: PeerGroup): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`)
}

/**
 * Checks a scenario document: every field, its kind and its range.
 * @param origin names the document in errors, usually its file
 * @throws ERR_INVALID_OPTION with the path of the first field that does not hold
 */
export function checkScenario(value: unknown, origin: string): ResolvedScenario {
  scenario(`${origin}: `, value)
  const checked = { ...SCENARIO_DEFAULTS, ...(value as Scenario) }
  const seen = new Set<string>()
  for (const [index, group] of checked.peers.entries()) {
    for (const peer of namesOf(group)) {
      if (seen.has(peer)) refuse(`${origin}: peers[${index}].name`, `one that no other peer has`, peer)
      seen.add(peer)
    }
  }
  return checked
}
