import fc from 'fast-check'
import { checkParamsAgainst } from '../../../src/gossip/check-params.ts'
import { goName, TOPIC_SCORE_FIELDS } from '../../../src/gossip/fields.ts'
import { gistDesign } from '../../../src/gossip/gist.ts'
import { readTopicScoreParams } from '../../../src/gossip/read-params.ts'
import type { FuzzTarget } from '../fuzz-target.ts'
import { valueOrRefusal } from '../verdict.ts'

const field = fc.constantFrom(...TOPIC_SCORE_FIELDS.flatMap((name) => [name, goName(name)]))
const value = fc.oneof(fc.double(), fc.nat(), fc.constantFrom(0, 0.5, -1, '30s', '10ms'), fc.jsonValue())

/** Parsed JSON that is a set of parameters, or nearly, or anything; a set is checked against a design too. */
export const target: FuzzTarget = {
  name: 'topic score parameters',
  input: fc.oneof(
    fc.jsonValue(),
    fc.dictionary(field, value),
    fc.dictionary(field, value).map((params) => ({ params }))
  ),
  check(json: unknown) {
    const checked = valueOrRefusal(() => checkParamsAgainst(readTopicScoreParams(json, 'input'), gistDesign('true')))
    const broken = checked?.misses.find(({ wanted }) => Number.isNaN(wanted))
    if (broken !== undefined) throw new Error(`${JSON.stringify(json)} has ${broken.field} of NaN`)
  }
}
