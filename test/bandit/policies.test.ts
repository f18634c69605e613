import { describe, expect, it } from 'vitest'
import { createPolicy, POLICY_NAMES, type PolicyName } from '../../src/bandit/policies.ts'
import { policyContract } from '../contract/policy.ts'
import { ARMS, propensitiesOf } from './support.ts'

const names: readonly PolicyName[] = [...POLICY_NAMES, 'fixed:a']

for (const name of names) policyContract(name, (arms, routerId) => createPolicy(name, arms, { routerId }))

describe('createPolicy', () => {
  it.each(names)('makes the policy that calls itself %s', (name) => {
    expect(createPolicy(name, ARMS, { routerId: 'r1' }).id).toBe(name)
  })

  it('makes a policy that follows one arm always', () => {
    expect(propensitiesOf(createPolicy('fixed:c', ARMS, { routerId: 'r1' }))).toEqual([0, 0, 1, 0])
  })

  it('refuses a name that does not exist, naming those that do', () => {
    expect(() => createPolicy('greedy' as PolicyName, ARMS, { routerId: 'r1' })).toThrow(
      /policy must be one of thompson, .* got "greedy"/
    )
    expect(() => createPolicy('toString' as PolicyName, ARMS, { routerId: 'r1' })).toThrow(/got "toString"/)
  })

  it('refuses to fix an arm that does not exist', () => {
    expect(() => createPolicy('fixed:x', ARMS, { routerId: 'r1' })).toThrow(/arm must be one of a, b, c, d, got "x"/)
  })

  it.each(POLICY_NAMES)('refuses a router without a name for %s', (name) => {
    expect(() => createPolicy(name, ARMS, { routerId: '' })).toThrow(/routerId/)
  })
})
