import { PeerbanditError } from '../../core/errors.ts'
import type { PeerScoreParams } from '../score-params.ts'
import { checkPeerScoreParams } from '../validate.ts'

/**
 * No parameter, penalty or application score is larger: the square of two of them and a weight still are numbers, so that no score is
 * infinite or NaN.
 */
export const MAX_SCORE_FIGURE = 1e15

function checkSizes(params: object, where = ''): void {
  for (const [name, value] of Object.entries(params) as [string, unknown][]) {
    if (typeof value !== 'number' || Math.abs(value) <= MAX_SCORE_FIGURE) continue
    throw new PeerbanditError('ERR_INVALID_OPTION', `${where}${name} must be no more than ${MAX_SCORE_FIGURE}, got ${value}`)
  }
}

/** The parameters of a whole score, topics included, whose scores are numbers whatever happens. @throws ERR_INVALID_OPTION naming the parameter */
export function checkPeerParams(params: PeerScoreParams): void {
  checkPeerScoreParams(params)
  checkSizes(params)
  for (const [topic, topicParams] of Object.entries(params.topics)) checkSizes(topicParams, `topics[${JSON.stringify(topic)}].`)
}
