import { checkFinite, checkInteger, checkNonNegative, checkOneOf, checkText, show } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import { EXCLUSION_REASONS } from '../job/decision.ts'
import type { Decision, OutcomeRecord } from '../job/decision.ts'
import { FAILURE_REASONS } from '../job/outcome.ts'

/**
 * Shape checks of what is written and read. They throw ERR_INVALID_OPTION naming the field, and look at types as well as at
 * ranges: what comes from a disk is unknown, and `null >= 0` is true.
 */
type Fields = Readonly<Record<string, unknown>>

/** A marginal propensity is a sum of probabilities, which may end a rounding error above 1. */
const ROUNDING = 1e-9

function refuse(name: string, wanted: string, value: unknown): never {
  throw new PeerbanditError('ERR_INVALID_OPTION', `${name} must be ${wanted}, got ${show(value)}`)
}

export function fieldsOf(name: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(name, 'an object', value)
  return value as Fields
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== 'number') refuse(name, 'a number', value)
  return value
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) refuse(name, 'a list', value)
  return value
}

function checkProbability(name: string, value: unknown): void {
  const number = numberOf(name, value)
  if (!(number >= 0 && number <= 1 + ROUNDING)) refuse(name, 'between 0 and 1', number)
}

function checkRatioField(name: string, value: unknown): void {
  const number = numberOf(name, value)
  if (!(number >= 0 && number <= 1)) refuse(name, 'between 0 and 1', number)
}

/** Ids and kinds become keys; half a surrogate pair would become another key. */
export function checkKeyText(name: string, value: unknown): string {
  const text = checkText(name, value as string)
  if (!text.isWellFormed()) refuse(name, 'well-formed Unicode', text)
  return text
}

function checkTexts(owner: string, fields: Fields, names: readonly string[]): void {
  for (const name of names) checkText(`${owner}.${name}`, fields[name] as string)
}

function checkSizes(owner: string, fields: Fields, names: readonly string[]): void {
  for (const name of names) checkNonNegative(`${owner}.${name}`, numberOf(`${owner}.${name}`, fields[name]))
}

function checkVote(name: string, value: unknown): void {
  const vote = fieldsOf(name, value)
  checkTexts(name, vote, ['arm', 'peer'])
  checkProbability(`${name}.propensity`, vote.propensity)
  checkRatioField(`${name}.expectedReward`, vote.expectedReward)
}

function checkDraw(name: string, value: unknown): void {
  const draw = fieldsOf(name, value)
  checkRatioField(`${name}.u`, draw.u)
  for (const part of ['seed', 'stream']) {
    const text = draw[part]
    if (!(typeof text === 'string' && /^\d+$/.test(text))) refuse(`${name}.${part}`, 'a decimal integer', text)
  }
}

function checkExcluded(name: string, value: unknown): void {
  for (const [reason, count] of Object.entries(fieldsOf(name, value))) {
    checkOneOf(`a reason in ${name}`, reason, EXCLUSION_REASONS)
    checkInteger(`${name}.${reason}`, count as number)
  }
}

const KNOWN_SIZES = ['vramGb', 'claimedTokensPerSecond', 'rttMs', 'jitterMs', 'slots', 'running', 'queued', 'seenTokensPerSecond']
const KNOWN_RATIOS = ['uptimeRatio', 'cpuRatio']

function checkKnown(name: string, value: unknown): void {
  if (value === undefined) return
  const known = fieldsOf(name, value)
  const there = (field: string) => known[field] !== undefined
  if (there('gpu')) checkText(`${name}.gpu`, known.gpu as string)
  checkSizes(name, known, ['outcomes', ...KNOWN_SIZES.filter(there)])
  for (const field of KNOWN_RATIOS.filter(there)) checkRatioField(`${name}.${field}`, known[field])
}

export function checkDecision(value: unknown): Decision {
  const decision = fieldsOf('decision', value)
  checkKeyText('decision.id', decision.id)
  checkTexts('decision', decision, ['jobId', 'routerId', 'policy', 'model', 'workloadClass', 'arm', 'peer'])
  checkInteger('decision.attempt', decision.attempt as number, { min: 1 })
  checkFinite('decision.atMs', decision.atMs as number)
  checkSizes('decision', decision, ['promptTokens', 'expectedOutputTokens', 'deadlineMs'])
  checkInteger('decision.candidateCount', decision.candidateCount as number)
  listOf('decision.candidates', decision.candidates).forEach((peer, index) => {
    checkText(`decision.candidates[${index}]`, peer as string)
  })
  checkExcluded('decision.excluded', decision.excluded)
  listOf('decision.votes', decision.votes).forEach((vote, index) => {
    checkVote(`decision.votes[${index}]`, vote)
  })
  checkProbability('decision.armPropensity', decision.armPropensity)
  checkProbability('decision.peerPropensity', decision.peerPropensity)
  checkDraw('decision.draw', decision.draw)
  checkKnown('decision.known', decision.known)
  return value as Decision
}

function checkLoad(name: string, value: unknown): void {
  if (value === undefined) return
  const load = fieldsOf(name, value)
  checkSizes(name, load, ['slots', 'running', 'queued', 'tokensPerSecond'])
  if (load.cpuRatio !== undefined) checkRatioField(`${name}.cpuRatio`, load.cpuRatio)
}

function checkOutcome(name: string, value: unknown): void {
  const outcome = fieldsOf(name, value)
  if (outcome.ok === true) {
    checkSizes(name, outcome, ['durationMs', 'firstTokenMs', 'outputTokens'])
  } else if (outcome.ok === false) {
    checkOneOf(`${name}.reason`, outcome.reason as string, FAILURE_REASONS)
    checkSizes(name, outcome, ['durationMs'])
  } else {
    refuse(`${name}.ok`, 'true or false', outcome.ok)
  }
  checkLoad(`${name}.load`, outcome.load)
}

export function checkOutcomeRecord(value: unknown): OutcomeRecord {
  const record = fieldsOf('outcome', value)
  checkKeyText('outcome.decisionId', record.decisionId)
  checkText('outcome.peer', record.peer as string)
  checkFinite('outcome.atMs', record.atMs as number)
  checkInteger('outcome.inFlightAtDispatch', record.inFlightAtDispatch as number)
  checkOutcome('outcome.outcome', record.outcome)
  checkRatioField('outcome.reward', record.reward)
  return value as OutcomeRecord
}
