import type { TopicScoreParams } from './score-params.ts'

/** The fields of a topic's parameters, in the order in which clients have them. */
export const TOPIC_SCORE_FIELDS = [
  'topicWeight',
  'timeInMeshWeight',
  'timeInMeshQuantum',
  'timeInMeshCap',
  'firstMessageDeliveriesWeight',
  'firstMessageDeliveriesDecay',
  'firstMessageDeliveriesCap',
  'meshMessageDeliveriesWeight',
  'meshMessageDeliveriesDecay',
  'meshMessageDeliveriesCap',
  'meshMessageDeliveriesThreshold',
  'meshMessageDeliveriesWindow',
  'meshMessageDeliveriesActivation',
  'meshFailurePenaltyWeight',
  'meshFailurePenaltyDecay',
  'invalidMessageDeliveriesWeight',
  'invalidMessageDeliveriesDecay'
] as const satisfies readonly (keyof TopicScoreParams)[]

const DURATIONS: ReadonlySet<string> = new Set<keyof TopicScoreParams>([
  'timeInMeshQuantum',
  'meshMessageDeliveriesWindow',
  'meshMessageDeliveriesActivation'
])

/** Whether a field is a duration: ms here and in @libp2p/gossipsub, `time.Duration` in Go. */
export function isDuration(field: string): boolean {
  return DURATIONS.has(field) || field === 'decayInterval' || field === 'retainScore'
}

/** A field's name in Go. */
export function goName(field: string): string {
  return `${field[0].toUpperCase()}${field.slice(1)}`
}
