import { expect, it } from 'vitest'
import { gatewayBenchOptions } from './options.ts'

it('takes the whole field when nothing else is asked for', () => {
  const { names, json, plan } = gatewayBenchOptions([])
  expect(names).toEqual(['peerbandit', 'portkey', 'litellm'])
  expect(json).toBe(false)
  expect(plan.requests).toBe(20_000)
})

it('changes single figures of the quick form too', () => {
  const { names, plan } = gatewayBenchOptions(['--quick', '--only', 'direct, portkey', '--rounds', '2', '--requests', '9'])
  expect(names).toEqual(['portkey'])
  expect(plan).toMatchObject({ rounds: 2, requests: 9, seed: 1 })
  expect(Object.keys(plan)).toEqual(Object.keys(gatewayBenchOptions([]).plan))
})

it.each([[['--only', 'nginx']], [['--rounds', '0']], [['--requests', 'many']]])('refuses %j', (argv) => {
  expect(() => gatewayBenchOptions(argv)).toThrow(/It must be/)
})
