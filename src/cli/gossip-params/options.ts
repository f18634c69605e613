import { type Command, InvalidArgumentError, Option } from 'commander'
import { COUNTER_MOMENTS, type CounterMoment, DECAY_CONVENTIONS, type DecayConvention } from '../../gossip/decay.ts'
import { GIST_DESIGN, GIST_INPUTS } from '../../gossip/gist.ts'
import type { ParamsFormat } from '../../gossip/output/output.ts'
import { PARAMS_FORMATS } from '../../gossip/output/output.ts'
import { SCORE_PRESETS, type ScorePresetName } from '../../gossip/presets/presets.ts'
import { type CounterDecay, STEADY_STATES, type SteadyState, type TopicDesign } from '../../gossip/topic-design.ts'
import { durationMs, integerFrom, nonNegative, oneOf, openRatio, positive } from '../arguments.ts'

/** A decay as it is given: a time, or the factor itself. */
type GivenDecay = { readonly timeMs: number } | { readonly factor: number }

export interface GossipParamsOptions {
  readonly rate?: number
  readonly mesh?: number
  readonly meshHigh?: number
  readonly convention?: DecayConvention
  readonly steadyState?: SteadyState
  readonly moment?: CounterMoment
  readonly exact?: true
  readonly scaleThreshold?: true
  readonly decayInterval?: number
  readonly decayToZero?: number
  readonly firstDecay?: GivenDecay
  readonly meshDecay?: GivenDecay
  readonly failureDecay?: GivenDecay
  readonly invalidDecay?: GivenDecay
  readonly activation?: number
  readonly window?: number
  readonly quantum?: number
  readonly timeInMeshCap?: number
  readonly timeInMeshScore?: number
  readonly maxMeshPenalty?: number
  readonly zeroShare?: number
  readonly invalidMessages?: number
  readonly topicWeight?: number
  readonly published?: true
  readonly check?: string | true
  readonly tolerance?: number
  readonly preset?: ScorePresetName
  readonly topic?: string
  readonly slot?: number
  readonly slotsPerEpoch?: number
  readonly validators?: number
  readonly currentSlot?: number
  readonly format?: ParamsFormat
  readonly json?: true
}

function decay(text: string): GivenDecay {
  if (/^\d*\.?\d+(e-?\d+)?$/i.test(text)) {
    const factor = Number(text)
    if (factor > 0 && factor < 1) return { factor }
    throw new InvalidArgumentError(`It must be a time with units, as "30s", or a factor above 0 and below 1, got "${text}".`)
  }
  const timeMs = durationMs(text)
  if (timeMs === 0) throw new InvalidArgumentError(`It must be longer than 0, got "${text}".`)
  return { timeMs }
}

/** Adds the options, each group with what it is for. */
export function gossipParamsOptions(command: Command): Command {
  for (const option of [...designOptions(), ...boundOptions(), ...modeOptions(), ...presetOptions()]) command.addOption(option)
  return command
}

function option<T>(flags: string, description: string, parser?: (text: string) => T): Option {
  const made = new Option(flags, description)
  return parser === undefined ? made : made.argParser(parser)
}

function designOptions(): Option[] {
  return [
    option('--rate <n>', 'messages of the topic in a second (default: 120)', positive),
    option('--mesh <n>', 'D, peers of a mesh as it should be (default: 6; of a preset 8)', integerFrom(1, 10_000)),
    option('--mesh-high <n>', 'D_hi, peers of the largest mesh (default: 12, or D if that is more)', integerFrom(1, 10_000)),
    option('--convention <name>', `${DECAY_CONVENTIONS.join(' or ')} (default: the former)`, oneOf(DECAY_CONVENTIONS)),
    option('--steady-state <name>', `${STEADY_STATES.join(' or ')} (default: both)`, oneOf(STEADY_STATES)),
    option('--moment <name>', `steady states ${COUNTER_MOMENTS.join(' or ')} (default: the former)`, oneOf(COUNTER_MOMENTS)),
    option('--exact', 'decays and sums as they are computed, not as the gist rounds them'),
    option('--decay-interval <time>', 'between two decays (default: 1s)', durationMs),
    option('--decay-to-zero <x>', 'counters below it are 0 (default: 0.01)', openRatio),
    option('--first-decay <decay>', 'of first deliveries (default: 2m)', decay),
    option('--mesh-decay <decay>', 'of deliveries in the mesh (default: 30s)', decay),
    option('--failure-decay <decay>', 'of the failure penalty (default: 5m)', decay),
    option('--invalid-decay <decay>', 'of invalid messages (default: 30m)', decay),
    option('--activation <time>', 'in the mesh before a deficit counts (default: 30s)', durationMs),
    option('--scale-threshold', 'the threshold is what a conforming peer has at activation')
  ]
}

function boundOptions(): Option[] {
  return [
    option('--window <time>', 'how late a delivery still counts (default: 10ms)', durationMs),
    option('--quantum <time>', 'of time in the mesh (default: 1s)', durationMs),
    option('--time-in-mesh-cap <n>', 'quanta that count (default: 3600)', positive),
    option('--time-in-mesh-score <x>', 'what they bring at most (default: 1)', nonNegative),
    option('--max-mesh-penalty <x>', 'what a deficit costs at most (default: 1000)', positive),
    option('--zero-share <x>', 'share of the expected deliveries at which the score is 0 (default: 0.5)', openRatio),
    option('--invalid-messages <n>', 'so many cancel the cap of first deliveries (default: 10)', positive),
    option('--topic-weight <x>', 'what the topic counts for (default: 1)', nonNegative)
  ]
}

function modeOptions(): Option[] {
  return [
    option('--published', 'the set of the gist as it is printed'),
    option('--check [file]', 'where the set of a JSON file, or with --published that of the gist, misses its design'),
    option('--tolerance <x>', 'how far off, relatively, is not yet a miss (default: 0.005)', nonNegative),
    option('--format <name>', `prints one set as source: ${PARAMS_FORMATS.join(', ')}`, oneOf(PARAMS_FORMATS)),
    option('--json', 'everything as JSON')
  ]
}

function presetOptions(): Option[] {
  return [
    option('--preset <client>', `in the manner of ${SCORE_PRESETS.join(', ')}`, oneOf(SCORE_PRESETS)),
    option('--topic <name>', 'one topic of the preset'),
    option('--slot <time>', 'of the preset (default: 12s)', durationMs),
    option('--slots-per-epoch <n>', 'of the preset (default: 32)', integerFrom(1, 1024)),
    option('--validators <n>', 'that are active, for the preset (default: 16384)', integerFrom(1)),
    option('--current-slot <n>', 'of the preset (default: long after the first)', integerFrom(0))
  ]
}

const MODE_OPTIONS = ['json'] as const
const DESIGN_MODE = [
  ...[
    'rate',
    'mesh',
    'meshHigh',
    'convention',
    'steadyState',
    'moment',
    'exact',
    'scaleThreshold',
    'decayInterval',
    'decayToZero'
  ],
  ...['firstDecay', 'meshDecay', 'failureDecay', 'invalidDecay', 'activation', 'window', 'quantum', 'timeInMeshCap'],
  ...['timeInMeshScore', 'maxMeshPenalty', 'zeroShare', 'invalidMessages', 'topicWeight']
]
const ALLOWED = {
  preset: ['preset', 'topic', 'mesh', 'slot', 'slotsPerEpoch', 'validators', 'currentSlot', 'format', ...MODE_OPTIONS],
  check: [...DESIGN_MODE, 'check', 'published', 'tolerance', ...MODE_OPTIONS],
  published: ['published', 'format', ...MODE_OPTIONS],
  design: [...DESIGN_MODE, 'format', ...MODE_OPTIONS]
} as const

export type GossipParamsMode = keyof typeof ALLOWED

/** What the options ask for; those that have no place beside each other are refused. */
export function modeOf(options: GossipParamsOptions, command: Command): GossipParamsMode {
  const mode = (['preset', 'check', 'published'] as const).find((each) => options[each] !== undefined) ?? 'design'
  const flag = (name: string) => command.options.find((each) => each.attributeName() === name)?.long ?? name
  const allowed: readonly string[] = ALLOWED[mode]
  const stray = Object.keys(options).find((name) => !allowed.includes(name))
  if (stray !== undefined) {
    const beside = mode === 'design' ? 'needs --preset or --check' : `does not go with --${mode}`
    command.error(`error: option '${flag(stray)}' ${beside}`)
  }
  if (options.json === true && options.format !== undefined) command.error("error: option '--json' does not go with --format")
  return mode
}

/** The gist's design, with what is given in place of what it has. */
export function designFrom(options: GossipParamsOptions): TopicDesign {
  const rounded = options.exact !== true && options.convention !== 'decay-to-zero'
  const base: TopicDesign = rounded ? GIST_DESIGN : GIST_INPUTS
  const meshDegree = options.mesh ?? base.meshDegree
  const decays = {
    firstDeliveryDecay: replaced(base.firstDeliveryDecay, options.firstDecay),
    meshDeliveryDecay: replaced(base.meshDeliveryDecay, options.meshDecay),
    failurePenaltyDecay: replaced(base.failurePenaltyDecay, options.failureDecay),
    invalidMessageDecay: replaced(base.invalidMessageDecay, options.invalidDecay)
  }
  const given: { readonly [Name in keyof TopicDesign]: TopicDesign[Name] | undefined } = {
    messagesPerSecond: options.rate,
    meshDegree,
    meshDegreeHigh: options.meshHigh ?? Math.max(meshDegree, base.meshDegreeHigh),
    convention: options.convention,
    steadyState: options.steadyState,
    moment: options.moment,
    decayIntervalMs: options.decayInterval,
    decayToZero: options.decayToZero,
    ...decays,
    activationMs: options.activation,
    windowMs: options.window,
    ...boundsFrom(options)
  }
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { ...base, ...known }
}

function boundsFrom(options: GossipParamsOptions): { readonly [Name in keyof TopicDesign]?: TopicDesign[Name] } {
  return {
    timeInMeshQuantumMs: options.quantum,
    timeInMeshCap: options.timeInMeshCap,
    maxTimeInMeshScore: options.timeInMeshScore,
    maxMeshPenalty: options.maxMeshPenalty,
    zeroShare: options.zeroShare,
    invalidMessages: options.invalidMessages,
    topicWeight: options.topicWeight,
    scaleThreshold: options.scaleThreshold
  }
}

/** What is given for a decay is exact. A factor leaves its time. */
function replaced(base: CounterDecay | undefined, given: GivenDecay | undefined): CounterDecay | undefined {
  if (given === undefined || base === undefined) return base
  return { timeMs: base.timeMs, ...given }
}
