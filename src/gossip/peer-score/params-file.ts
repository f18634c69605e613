import { messageOf, PeerbanditError } from '../../core/errors.ts'
import type { PeerScoreParams, TopicScoreParams } from '../score-params.ts'
import { checkPeerParams } from './check-score-params.ts'
import { paramsOfTopic } from './gist-params.ts'

/** A file of parameters is not larger, characters. */
const MAX_LENGTH = 1_000_000

/** Parameters that were read, and the topic that is meant. */
export interface ReadScoreParams {
  readonly params: PeerScoreParams
  readonly topic: string
}

type Fields = Readonly<Record<string, unknown>>

function refuse(source: string, what: string): never {
  throw new PeerbanditError('ERR_INVALID_OPTION', `${source}: ${what}`)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads parameters from JSON: those of a whole score, with `topics`, or those of one topic alone. Names and units are those of
 * `@libp2p/gossipsub`; `IPColocationFactorWhitelist` is an array, and what is missing besides topics switches its part off.
 * @param source how messages name the file
 * @param wanted which topic, where there are several
 * @throws ERR_INVALID_OPTION naming the file and the parameter
 */
export function readScoreParams(text: string, source: string, wanted?: string): ReadScoreParams {
  if (text.length > MAX_LENGTH) refuse(source, `must have at most ${MAX_LENGTH} characters, got ${text.length}`)
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch (error) {
    refuse(source, `must be JSON, got ${messageOf(error)}`)
  }
  if (!isFields(read)) refuse(source, 'must be an object of parameters')
  const params = isFields(read['topics']) ? wholeParams(read, source) : topicParams(read, wanted ?? 'topic')
  try {
    checkPeerParams(params)
  } catch (error) {
    refuse(source, messageOf(error))
  }
  return { params, topic: topicOf(params, source, wanted) }
}

function topicParams(fields: Fields, topic: string): PeerScoreParams {
  return paramsOfTopic(topic, fields as unknown as TopicScoreParams)
}

function wholeParams(fields: Fields, source: string): PeerScoreParams {
  const whitelist = fields['IPColocationFactorWhitelist'] ?? []
  if (!Array.isArray(whitelist) || whitelist.some((entry) => typeof entry !== 'string')) {
    refuse(source, 'IPColocationFactorWhitelist must be an array of addresses')
  }
  const off = paramsOfTopic('', {} as TopicScoreParams)
  return {
    ...off,
    ...(fields as unknown as PeerScoreParams),
    appSpecificScore: off.appSpecificScore,
    IPColocationFactorWhitelist: new Set(whitelist as readonly string[])
  }
}

function topicOf({ topics }: PeerScoreParams, source: string, wanted: string | undefined): string {
  const names = Object.keys(topics)
  if (wanted === undefined && names.length !== 1) refuse(source, `has ${names.length} topics, name one of ${names.join(', ')}`)
  const topic = wanted ?? names[0]
  if (!Object.hasOwn(topics, topic)) refuse(source, `topic must be one of ${names.join(', ')}, got ${JSON.stringify(topic)}`)
  return topic
}
