import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts'
import { registerSelection } from '../../src/gateway/selection-metrics.ts'
import { TransportError } from '../../src/router/failure.ts'
import { jobRouter } from '../../src/router/job-router.ts'
import type { InferenceEvent, InferenceRequest } from '../../src/router/transport.ts'
import { SelectionStatistics } from '../../src/selector/statistics.ts'
import { teach, world } from '../selector/world.ts'
import { post } from './scripted-service.ts'

const MODEL = 'llama3.2:3b'
const hello = { model: MODEL, messages: [{ role: 'user', content: 'Hi!' }] }

type Peer = (request: InferenceRequest) => AsyncIterable<InferenceEvent>

async function* answers({ maxTokens }: InferenceRequest): AsyncGenerator<InferenceEvent> {
  await Promise.resolve()
  yield { kind: 'tokens', text: `at most ${maxTokens}`, count: 2 }
  yield { kind: 'done', promptTokens: 1, outputTokens: 2 }
}

// eslint-disable-next-line require-yield
async function* breaks(): AsyncGenerator<InferenceEvent> {
  await Promise.resolve()
  throw new TransportError('unreachable', 'nobody is there')
}

let gateway: Gateway | undefined

afterEach(() => gateway?.stop())

/** A gateway before a real router of jobs, whose peers are scripted. */
async function routed(peers: Readonly<Record<string, Peer>>): Promise<string> {
  const { selector, ...w } = await world()
  for (const peer of Object.keys(peers)) await teach({ selector, ...w }, peer, 10, 1)
  const statistics = new SelectionStatistics(selector)
  const router = jobRouter({
    selector,
    transport: { infer: (peer, request) => peers[peer](request) },
    clock: w.clock,
    timers: w.clock,
    candidates: () => Object.keys(peers)
  })
  const service = {
    models: () => [{ name: MODEL, peers: 1 }],
    serves: (model: string) => model === MODEL,
    run: router.run.bind(router),
    nameOf: (peer: string) => peer,
    priceOf: () => undefined,
    ready: () => true
  }
  gateway = await startGateway({ service, clock: systemClock, timers: systemClock }, { port: 0 })
  registerSelection(gateway.registry, () => statistics.totals, service.nameOf)
  return gateway.url
}

describe('a gateway before a router of jobs', () => {
  it('answers with what a peer writes, and counts what the router learned', async () => {
    const url = await routed({ a: answers })
    const response = await post(`${url}/v1/chat/completions`, { ...hello, max_tokens: 9 })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'at most 9' } }] })
    expect(response.headers.get('x-peerbandit-peer')).toBe('a')
    const text = await (await fetch(`${url}/metrics`)).text()
    expect(text).toContain('peerbandit_decisions_in_flight 0\n')
    expect(text).toMatch(/peerbandit_peer_attempts_total{peer="a",outcome="success"} \d+\n/)
  })

  it('hides that the first peers failed', async () => {
    let tries = 0
    const third: Peer = (request) => (++tries < 3 ? breaks() : answers(request))
    const url = await routed({ a: third, b: third, c: third })
    const response = await post(`${url}/api/chat`, hello)
    expect([response.status, response.headers.get('x-peerbandit-attempts')]).toEqual([200, '3'])
    expect((await response.text()).trim().split('\n')).toHaveLength(2)
  })

  it('says when all of them failed, and when there is nobody', async () => {
    const broken = await routed({ a: breaks, b: breaks, c: breaks })
    const failed = await post(`${broken}/v1/chat/completions`, { ...hello, stream: true })
    expect([failed.status, failed.headers.get('x-peerbandit-attempts')]).toEqual([502, '3'])
    expect(await failed.json()).toMatchObject({ error: { code: 'job_failed' } })
    await gateway?.stop()
    const empty = await routed({})
    const nobody = await post(`${empty}/v1/chat/completions`, hello)
    expect([nobody.status, nobody.headers.get('retry-after')]).toEqual([503, '10'])
  })
})
