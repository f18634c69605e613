import { show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { didYouMean } from '../core/near.ts'
import { goName, isDuration, TOPIC_SCORE_FIELDS } from './fields.ts'
import { parseGoDuration } from './go-duration.ts'
import type { TopicScoreParams } from './score-params.ts'

type Field = keyof TopicScoreParams

const BY_NAME: ReadonlyMap<string, Field> = new Map(
  TOPIC_SCORE_FIELDS.flatMap((field) => [
    [field, field],
    [goName(field), field]
  ])
)

/** A week: numbers beyond it are nanoseconds, as Go's encoding/json writes a time.Duration. */
const LONGEST_MS = 7 * 24 * 3_600_000

function refuse(message: string): never {
  throw new PeerbanditError('ERR_INVALID_OPTION', message)
}

/**
 * Reads a topic's parameters, or some of them, from parsed JSON: an object with the field names of @libp2p/gossipsub or of
 * go-libp2p-pubsub, or one with such an object as `params`. Durations are numbers of ms, or texts as Go has them ("30s"). Says nothing
 * about ranges: `checkTopicScoreParams` does.
 * @param subject where it is from, for messages
 * @throws ERR_INVALID_OPTION naming the field, what it must be, and what came
 */
export function readTopicScoreParams(json: unknown, subject: string): Partial<TopicScoreParams> {
  const object = objectIn(json, subject)
  const inner = Object.hasOwn(object, 'params') ? objectIn(object['params'], `${subject}: params`) : object
  const read: Partial<Record<Field, number>> = {}
  for (const [name, value] of Object.entries(inner)) {
    const field = BY_NAME.get(name)
    if (field === undefined) {
      refuse(
        `${subject}: ${show(name.slice(0, 100))} is no parameter of a topic's score${didYouMean(name.slice(0, 100), [...BY_NAME.keys()])}`
      )
    }
    if (field in read) refuse(`${subject}: ${field} is given twice, as ${field} and as ${goName(field)}`)
    read[field] = isDuration(field) ? durationOf(`${subject}: ${name}`, value) : numberOf(`${subject}: ${name}`, value)
  }
  if (Object.keys(read).length === 0) refuse(`${subject} must have parameters of a topic's score, as timeInMeshWeight; got none`)
  return read
}

function objectIn(json: unknown, subject: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    refuse(`${subject} must be a JSON object with the parameters of a topic's score, got ${clipped(json)}`)
  }
  return json as Record<string, unknown>
}

const SHOWN = 80

function clipped(value: unknown): string {
  const text = show(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(`${name} must be a finite number, got ${clipped(value)}`)
  return value
}

function durationOf(name: string, value: unknown): number {
  const ms = typeof value === 'string' ? parseGoDuration(name, value) : value
  if (typeof ms !== 'number' || !(Number.isInteger(ms) && ms >= 0)) {
    refuse(`${name} must be a whole number of ms, or a text as "30s", got ${clipped(value)}`)
  }
  if (ms > LONGEST_MS) refuse(`${name} must be at most a week, ${LONGEST_MS} ms, got ${ms}: numbers are ms, not ns`)
  return ms
}
