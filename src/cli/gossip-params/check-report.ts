import { readFile } from 'node:fs/promises'
import { messageOf, PeerbanditError } from '../../core/errors.ts'
import type { ParamsCheck, ParamsMiss } from '../../gossip/check-params.ts'
import { GIST_PUBLISHED } from '../../gossip/gist.ts'
import { readTopicScoreParams } from '../../gossip/read-params.ts'
import type { TopicScoreParams } from '../../gossip/score-params.ts'
import type { TopicDesign } from '../../gossip/topic-design.ts'
import { slipLines } from './slip-lines.ts'

/** Sets of parameters have some hundred bytes. */
const LARGEST_FILE = 1_000_000

/** @param file undefined for the gist's set @throws ERR_INVALID_OPTION for a file that cannot be read or has something else */
export async function paramsToCheck(file: string | undefined): Promise<Partial<TopicScoreParams>> {
  if (file === undefined) return GIST_PUBLISHED
  let json: unknown
  try {
    const text = await readFile(file, 'utf8')
    if (text.length > LARGEST_FILE) throw new Error(`it has ${text.length} characters, more than ${LARGEST_FILE}`)
    json = JSON.parse(text)
  } catch (cause) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `${file} must be a JSON file with a topic's parameters: ${messageOf(cause)}`,
      { cause }
    )
  }
  return readTopicScoreParams(json, file)
}

function shown(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Number(value.toPrecision(6)))
}

function missLines({ field, came, wanted, why }: ParamsMiss): string[] {
  return [`  - ${field}: came ${shown(came)}, wanted ${shown(wanted)}`, `    ${why}`]
}

function longRunLine(check: ParamsCheck, design: TopicDesign): string[] {
  if (check.scoreAtZeroShare === undefined || check.crossingShare === undefined) return []
  const share = 100 * (design.zeroShare ?? NaN)
  return [
    `in the long run a peer with ${shown(share)} % of the expected deliveries has score ${shown(check.scoreAtZeroShare)}; it is 0 at ` +
      `${shown(100 * check.crossingShare)} %`
  ]
}

/** For people. */
export function checkText(check: ParamsCheck, name: string, design: TopicDesign): string {
  const { misses, slips } = check
  const head = misses.length === 0 ? `${name} meets its design` : `${name} misses its design in ${misses.length}:`
  const gist = slips.length === 0 ? [] : [`It is the set of the gist, which has ${slips.length} slips:`, ...slipLines(slips)]
  return `${[...gist, head, ...misses.flatMap(missLines), ...longRunLine(check, design)].join('\n')}\n`
}
