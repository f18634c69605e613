import { type IncomingMessage, request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { manualClock, systemClock } from '../../src/core/clock.ts'
import { type Gateway, startGateway } from '../../src/gateway/gateway.ts'
import type { GatewayOptions } from '../../src/gateway/options.ts'
import { gatewayOf, plain, post, scriptedService } from './scripted-service.ts'

const service = scriptedService(plain('Hello'))
const opened: Gateway[] = []

async function open(options: GatewayOptions): Promise<string> {
  const gateway = await gatewayOf(service, options)
  opened.push(gateway)
  return gateway.url
}

afterEach(() => Promise.all(opened.splice(0).map((gateway) => gateway.stop())))

const hello = { model: 'llama3.2:3b', messages: [{ role: 'user', content: 'tell no one' }] }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

describe('keys', () => {
  it('are asked for where there are some, but for what tells nothing', async () => {
    const url = await open({ keys: [{ name: 'ann', key: 'sk-ann' }] })
    for (const headers of [{}, bearer('sk-bob'), { authorization: 'Basic c2s=' }]) {
      const response = await post(`${url}/v1/chat/completions`, hello, headers)
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ error: { type: 'authentication_error' } })
    }
    expect((await fetch(`${url}/api/tags`)).status).toBe(401)
    expect((await fetch(`${url}/metrics`)).status).toBe(401)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await post(`${url}/v1/chat/completions`, hello, bearer('sk-ann'))).status).toBe(200)
  })

  it('are good for so many requests a minute', async () => {
    const clock = manualClock(1_000_000)
    const keys = [
      { name: 'ann', key: 'sk-ann', ratePerMinute: 2 },
      { name: 'bob', key: 'sk-bob' }
    ]
    const gateway = await startGateway({ service, clock, timers: systemClock }, { port: 0, keys })
    opened.push(gateway)
    const ask = (key: string) => post(`${gateway.url}/v1/chat/completions`, hello, bearer(key))
    const statuses = [await ask('sk-ann'), await ask('sk-ann'), await ask('sk-bob')].map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 200])
    const refused = await ask('sk-ann')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' } })
    clock.advance(30_000)
    expect((await ask('sk-ann')).status).toBe(200)
    expect((await ask('sk-ann')).status).toBe(429)
  })

  it('and prompts are in no log, but for prompts where it is asked for', async () => {
    const lines: object[] = []
    const log = (line: object) => lines.push(line)
    const url = await open({ keys: [{ name: 'ann', key: 'sk-ann' }], log })
    await (await post(`${url}/v1/chat/completions`, hello, bearer('sk-ann'))).text()
    await (await post(`${url}/v1/chat/completions`, '{"tell no one": ', bearer('sk-ann'))).text()
    await (await post(`${url}/v1/chat/completions`, hello, bearer('sk-other'))).text()
    await expect.poll(() => lines.length).toBe(3)
    expect(lines[0]).toMatchObject({
      method: 'POST',
      route: '/v1/chat/completions',
      status: 200,
      key: 'ann',
      model: 'llama3.2:3b',
      workloadClass: 'interactive',
      peer: 'name of peer-a',
      attempts: 1,
      promptTokens: 7,
      outputTokens: 1
    })
    const told = JSON.stringify(lines)
    for (const secret of ['sk-ann', 'sk-other', 'tell no one']) expect(told).not.toContain(secret)
    const open2 = await open({ log, logPrompts: true })
    await (await post(`${open2}/v1/chat/completions`, hello)).text()
    await expect.poll(() => lines.length).toBe(4)
    expect(lines[3]).toMatchObject({ prompt: 'tell no one' })
  })

  it('of a wrong kind are refused without being shown', async () => {
    const key = 5_551_234 as unknown as string
    await expect(gatewayOf(service, { keys: [{ name: 'ann', key }] })).rejects.toThrow(
      /^the key of ann must be a string that is not empty$/
    )
  })
})

describe('web pages', () => {
  it('of others may not use it', async () => {
    const url = await open({})
    const ask = (origin: string) => post(`${url}/api/chat`, hello, { origin })
    expect((await ask('https://evil.example')).status).toBe(403)
    expect((await ask('null')).status).toBe(403)
    expect((await ask(url)).status).toBe(200)
    expect((await ask('vscode-webview://panel')).status).toBe(200)
  })

  it('of origins that are allowed may', async () => {
    const url = await open({ cors: ['https://chat.example'] })
    const preflight = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://chat.example', 'access-control-request-method': 'POST' }
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://chat.example')
    const response = await post(`${url}/v1/chat/completions`, hello, { origin: 'https://chat.example' })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://chat.example')
    expect(response.headers.get('access-control-expose-headers')).toContain('x-peerbandit-decision')
    expect((await post(`${url}/v1/chat/completions`, hello, { origin: 'https://evil.example' })).status).toBe(403)
  })

  it('cannot come in by a name that leads here', async () => {
    const url = await open({})
    const rebound = httpRequest(`${url}/api/tags`, { headers: { host: 'evil.example' } }).end()
    const [response] = (await once(rebound, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(403)
    const proxied = await open({ hosts: ['evil.example'] })
    const behind = httpRequest(`${proxied}/api/tags`, { headers: { host: 'evil.example', origin: 'https://evil.example' } }).end()
    const [allowed] = (await once(behind, 'response')) as [IncomingMessage]
    allowed.resume()
    expect(allowed.statusCode).toBe(200)
  })
})

describe('rules', () => {
  it('say what jobs for some models get; requests may say otherwise', async () => {
    const rules = [
      { model: 'meta-*/*', class: 'bulk', deadlineMs: 9000, maxPrice: 1 },
      { model: '*', deadlineMs: 8000 }
    ]
    const url = await open({ rules })
    const ask = async (model: string, headers = {}) => {
      expect((await post(`${url}/v1/chat/completions`, { ...hello, model }, headers)).status).toBe(200)
      return service.ran.at(-1)!
    }
    const big = await ask('meta-llama/Llama-3.1-8B-Instruct')
    expect(big.job).toMatchObject({ workloadClass: 'bulk', deadlineMs: 9000 })
    expect(big.options.accepts?.('peer-a')).toBe(false)
    const asked = await ask('meta-llama/Llama-3.1-8B-Instruct', {
      'x-peerbandit-class': 'critical',
      'x-peerbandit-max-price': '5'
    })
    expect(asked.job.workloadClass).toBe('critical')
    expect(asked.options.accepts?.('peer-a')).toBe(false)
    expect((await ask('llama3.2:3b', { 'x-peerbandit-class': 'bulk' })).job).toMatchObject({
      workloadClass: 'bulk',
      deadlineMs: 8000
    })
  })
})

describe('options', () => {
  it.each([
    [{ port: 70_000 }, 'port'],
    [{ bodyLimitBytes: 0 }, 'bodyLimitBytes'],
    [{ maxInFlight: Number.NaN }, 'maxInFlight'],
    [{ defaults: { deadlineMs: -1 } }, 'defaults.deadlineMs'],
    [{ rules: [{ model: 'a', maxPrice: -1 }] }, 'rules.maxPrice'],
    [{ keys: [{ name: '', key: 'k' }] }, 'keys.name']
  ])('out of range are refused: %j', async (options, name) => {
    await expect(gatewayOf(service, options)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(name) as string
    })
  })
})
