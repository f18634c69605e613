import { checkFinite, checkInteger, checkRatio, checkText } from '../core/check.ts'
import { PeerbanditError } from '../core/errors.ts'
import type { Credit } from './policy.ts'

/** At least one arm, each named once. @throws ERR_INVALID_OPTION */
export function checkArms(arms: readonly string[]): readonly string[] {
  for (const arm of arms) checkText('arm', arm)
  if (arms.length === 0 || new Set(arms).size < arms.length) {
    throw new PeerbanditError('ERR_INVALID_OPTION', `arms must be one or more different names, got [${arms.join(', ')}]`)
  }
  return [...arms]
}

/** Refuses credit that would poison a sum for good. @throws ERR_INVALID_OPTION naming the figure */
export function checkCredit(credit: Credit, arms: number): Credit {
  checkText('credit.workloadClass', credit.workloadClass)
  checkFinite('credit.decidedAtMs', credit.decidedAtMs)
  checkInteger('credit.arm', credit.arm, { max: arms - 1 })
  checkRatio('credit.reward', credit.reward)
  if (credit.agrees.length !== arms || credit.pseudoRewards.length !== arms) {
    throw new PeerbanditError(
      'ERR_INVALID_OPTION',
      `credit must have one entry for each of ${arms} arms, got ${credit.agrees.length} and ${credit.pseudoRewards.length}`
    )
  }
  for (const value of credit.pseudoRewards) checkFinite('credit.pseudoRewards', value)
  return credit
}
