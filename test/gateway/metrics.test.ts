import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { registerSelection } from '../../src/gateway/selection-metrics.ts'
import type { SelectionTotals, Tally } from '../../src/selector/statistics.ts'
import { gatewayOf, plain, post, scriptedService } from './scripted-service.ts'

const hello = { model: 'llama3.2:3b', messages: [{ role: 'user', content: 'Hi!' }] }

it('tells what was asked and what came of it', async () => {
  const service = scriptedService(plain('Hel', 'lo'))
  const gateway = await gatewayOf(service)
  await (await post(`${gateway.url}/v1/chat/completions`, hello, { 'x-peerbandit-class': 'batch' })).text()
  await (await post(`${gateway.url}/api/chat`, { model: 'none' })).text()
  await (await fetch(`${gateway.url}/nowhere`)).text()
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  for (const line of [
    'peerbandit_gateway_requests_total{route="/v1/chat/completions",class="batch",status="200"} 1',
    'peerbandit_gateway_requests_total{route="/api/chat",class="none",status="404"} 1',
    'peerbandit_gateway_requests_total{route="unknown",class="none",status="404"} 1',
    'peerbandit_gateway_tokens_total{direction="prompt",class="batch"} 7',
    'peerbandit_gateway_tokens_total{direction="output",class="batch"} 2',
    'peerbandit_gateway_first_token_seconds_count{route="/v1/chat/completions",class="batch"} 1',
    'peerbandit_gateway_request_seconds_count{route="/v1/chat/completions",class="batch"} 1',
    'peerbandit_gateway_in_flight 0',
    'peerbandit_gateway_waiting 0'
  ])
    expect(text).toContain(line)
  await gateway.stop()
})

it('says whether jobs can be run', async () => {
  const service = scriptedService(plain())
  const gateway = await gatewayOf(service)
  expect(await (await fetch(`${gateway.url}/readyz`)).json()).toEqual({ status: 'ready' })
  service.isReady = false
  const response = await fetch(`${gateway.url}/readyz`)
  expect([response.status, await response.json()]).toEqual([503, { status: 'no peers' }])
  await gateway.stop()
})

it('tells the totals of a selection as they are at each scrape', async () => {
  const tally: Tally = {
    successes: 3,
    failures: { timeout: 2 },
    outputTokens: 300,
    durationMs: 6000,
    firstTokenMs: 900,
    reward: 1.5
  }
  let decisions = 7
  const statistics = (): SelectionTotals => ({
    decisions,
    cancelled: 1,
    inFlight: 1,
    decisionMicros: 2_000_000,
    byPolicy: new Map([['thompson', tally]]),
    byArm: new Map([['standard', tally]]),
    byPeer: new Map([
      ['id-1', tally],
      ['id-2', { ...tally, failures: {} }]
    ])
  })
  const registry = new Registry()
  registerSelection(registry, statistics, () => 'same\nname')
  const lines = [
    'peerbandit_decisions_total 7',
    'peerbandit_decisions_cancelled_total 1',
    'peerbandit_decisions_in_flight 1',
    'peerbandit_decision_seconds_total 2',
    'peerbandit_policy_attempts_total{policy="thompson",outcome="success"} 3',
    'peerbandit_arm_attempts_total{arm="standard",outcome="timeout"} 2',
    'peerbandit_peer_attempts_total{peer="same\\nname",outcome="success"} 6',
    'peerbandit_peer_attempts_total{peer="same\\nname",outcome="timeout"} 2',
    'peerbandit_peer_output_tokens_total{peer="same\\nname"} 600',
    'peerbandit_arm_duration_seconds_total{arm="standard"} 6',
    'peerbandit_arm_first_token_seconds_total{arm="standard"} 0.9',
    'peerbandit_policy_reward_total{policy="thompson"} 1.5'
  ]
  const first = await registry.metrics()
  for (const line of lines) expect(first).toContain(`${line}\n`)
  decisions = 8
  expect(await registry.metrics()).toContain('peerbandit_decisions_total 8\n')
})
